// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rapidjson/fwd.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace nexus::llm::json {

/// Allocates for RapidJSON, which does not check its allocations. Throws `std::bad_alloc`.
class CheckedAllocator {
public:
  static constexpr bool kNeedFree = true;

  void* Malloc(std::size_t size) { return size == 0 ? nullptr : checked(std::malloc(size)); }
  void* Realloc(void* old, std::size_t, std::size_t size) {
    if (size > 0)
      return checked(std::realloc(old, size));
    std::free(old);
    return nullptr;
  }
  static void Free(void* memory) { std::free(memory); }

private:
  static void* checked(void* memory) {
    if (memory == nullptr)
      throw std::bad_alloc{};
    return memory;
  }
};

using Allocator = rapidjson::MemoryPoolAllocator<CheckedAllocator>;
using Value = rapidjson::GenericValue<rapidjson::UTF8<char>, Allocator>;
using Document = rapidjson::GenericDocument<rapidjson::UTF8<char>, Allocator, CheckedAllocator>;

} // namespace nexus::llm::json
