// SPDX-License-Identifier: BSD-3-Clause
#include "config/sample.hpp"

namespace sample {

bool Counter::add(int number) {
  ++calls;
  if (number < 0 || sum + number > most)
    return false;
  sum += number;
  return true;
}

std::string repeat(const std::string& text, int times) {
  std::string out;
  const auto once = [&] { out += text; };
  for (int i = 0; i < times; ++i)
    once();
  return out;
}

int never_called(int number) { return number * 2; }

} // namespace sample
