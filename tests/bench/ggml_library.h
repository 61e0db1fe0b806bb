#pragma once
#include <dlfcn.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "core/tensor/dtype.h"

/// The library libggml-base of llama.cpp (npm package node-llama-cpp, folder bins/linux-x64), loaded when a tool is
/// given its path.
class GgmlLibrary {
 public:
  /// ggml's row functions: (source, destination, number of values).
  using RowFunction = void (*)(const void*, void*, std::int64_t);

  /// Throws std::runtime_error when the library cannot be opened or lacks what is needed.
  explicit GgmlLibrary(const std::string& path) : m_library(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (m_library == nullptr) throw std::runtime_error("Cannot open " + path + ": " + dlerror());
    m_quantize = reinterpret_cast<Quantize>(dlsym(m_library, "ggml_quantize_chunk"));
    m_requiresImportance = reinterpret_cast<Requires>(dlsym(m_library, "ggml_quantize_requires_imatrix"));
    if (m_quantize == nullptr || m_requiresImportance == nullptr)
      throw std::runtime_error(path + " is not the library libggml-base.");
  }

  /// Null when there is no such function.
  RowFunction rowFunction(const std::string& symbol) const {
    return reinterpret_cast<RowFunction>(dlsym(m_library, symbol.c_str()));
  }

  bool requiresImportance(core::tensor::DType dtype) const { return m_requiresImportance(typeId(dtype)); }

  /// Encodes `rows` rows; `importance`, one weight per column, may be null.
  void quantize(core::tensor::DType dtype, const float* values, std::size_t rows, std::size_t rowValues,
                const float* importance, std::uint8_t* blocks) const {
    m_quantize(typeId(dtype), values, blocks, 0, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(rowValues),
               importance);
  }

 private:
  using Quantize = std::size_t (*)(int, const float*, void*, std::int64_t, std::int64_t, std::int64_t, const float*);
  using Requires = bool (*)(int);

  static int typeId(core::tensor::DType dtype) { return core::tensor::info(dtype).ggmlType; }

  void* m_library;
  Quantize m_quantize;
  Requires m_requiresImportance;
};
