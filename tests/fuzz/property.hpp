// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace nexus::llm::fuzz {

/// What holds for every input. Ends the program where it does not, so that the fuzzer keeps the
/// input.
inline void must(bool property, const char* what) {
  if (property)
    return;
  std::fprintf(stderr, "a property does not hold: %s\n", what);
  std::abort();
}

/// An input, from which small numbers can be taken off the front.
class Input {
public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_{reinterpret_cast<const char*>(data), size} {}

  [[nodiscard]] unsigned take_byte() {
    if (rest_.empty())
      return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

private:
  std::string_view rest_;
};

} // namespace nexus::llm::fuzz
