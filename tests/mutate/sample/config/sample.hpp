// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace sample {

inline constexpr int most = 10;

/// Has an array of a size that the compiler must know, so `most + 1` does not compile elsewhere.
inline constexpr int size = 4;
struct Table {
  int values[size] = {};
};

struct Counter {
  [[nodiscard]] bool add(int number);
  int sum = 0;
  int calls = 0;
};

[[nodiscard]] std::string repeat(const std::string& text, int times);
[[nodiscard]] int never_called(int number);

} // namespace sample
