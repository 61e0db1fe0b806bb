#pragma once
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

/// Replaces the global operator new of the test that includes it (once per executable) by one that keeps count.
namespace allocation_meter {

inline std::atomic<std::size_t> largest{0};
inline std::atomic<std::size_t> total{0};
inline std::atomic<std::size_t> live{0};
inline std::atomic<std::size_t> highest{0};  ///< of live, since the last reset

inline void reset() {
  largest = 0;
  total = 0;
  highest = live.load();
}

/// Null when there is no memory.
inline void* tryAllocate(std::size_t bytes) noexcept {
  total += bytes;
  if (bytes > largest) largest = bytes;
  void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) return nullptr;
  live += malloc_usable_size(memory);
  highest = std::max(highest.load(), live.load());
  return memory;
}

inline void* allocate(std::size_t bytes) {
  void* const memory = tryAllocate(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

inline void release(void* memory) {
  if (memory != nullptr) live -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace allocation_meter

void* operator new(std::size_t bytes) { return allocation_meter::allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocation_meter::allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocation_meter::tryAllocate(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocation_meter::tryAllocate(bytes); }
void operator delete(void* memory) noexcept { allocation_meter::release(memory); }
void operator delete[](void* memory) noexcept { allocation_meter::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { allocation_meter::release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { allocation_meter::release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { allocation_meter::release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { allocation_meter::release(memory); }
