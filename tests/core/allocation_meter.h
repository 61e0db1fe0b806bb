#pragma once
#include <atomic>
#include <cstdlib>
#include <new>

/// Replaces the global operator new of the test that includes it (once per executable) by one that keeps count.
namespace allocation_meter {

inline std::atomic<std::size_t> largest{0};
inline std::atomic<std::size_t> total{0};

inline void reset() {
  largest = 0;
  total = 0;
}

inline void* allocate(std::size_t bytes) {
  total += bytes;
  if (bytes > largest) largest = bytes;
  if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace allocation_meter

void* operator new(std::size_t bytes) { return allocation_meter::allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocation_meter::allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
