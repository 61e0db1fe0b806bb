#pragma once
#include <QTemporaryDir>
#include <QtTest>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "app/remote/range_download.h"

/// A home folder of its own for a test, with nothing in the environment that belongs to the person who runs it.
class RemotePlace {
 public:
  RemotePlace() {
    for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE",
                             "HF_ENDPOINT", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN",
                             "XDG_CACHE_HOME", "OLLAMA_MODELS", "SSL_CERT_FILE", "http_proxy", "https_proxy",
                             "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
      qunsetenv(name);
    qputenv("HOME", folder.path().toUtf8());
  }
  std::filesystem::path path(const std::string& inside = {}) const {
    return std::filesystem::path(folder.path().toStdString()) / inside;
  }
  QTemporaryDir folder;
};

inline std::string contentsOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void writeTo(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// Tries again at once, and not often.
inline app::remote::Patience quick(int tries = 3) {
  return {.tries = tries,
          .firstWait = std::chrono::milliseconds(1),
          .longestWait = std::chrono::seconds(1),
          .timeouts = {.connect = std::chrono::seconds(5), .stall = std::chrono::seconds(5)}};
}

/// Bytes in which no two places look alike.
inline std::string patterned(std::size_t bytes, std::uint32_t seed = 1) {
  std::string text(bytes, '\0');
  for (char& c : text) {
    seed = seed * 1664525U + 1013904223U;
    c = static_cast<char>(seed >> 24);
  }
  return text;
}

/// The sentence and the kind of the RemoteError that this throws; a test fails where it throws none.
template <typename Action>
std::pair<app::remote::RemoteFault, std::string> faultOf(const Action& action) {
  try {
    action();
  } catch (const app::remote::RemoteError& error) {
    return {error.fault(), error.what()};
  }
  throw std::logic_error("no RemoteError was thrown");
}

template <typename Action>
std::string sentenceOf(const Action& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}
