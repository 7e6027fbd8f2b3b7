// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/terminal_size.hpp"

#include <sys/ioctl.h>

namespace nexus::llm::cli {

std::size_t terminal_columns(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return size.ws_col;
}

} // namespace nexus::llm::cli
