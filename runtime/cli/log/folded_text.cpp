// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/log/folded_text.hpp"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace nexus::llm::cli {

std::string folded(std::string_view text) {
  utf8proc_uint8_t* made = nullptr;
  const auto length = ::utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &made,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner{made, &std::free};
  if (length < 0 || made == nullptr)
    return std::string{text};
  return {reinterpret_cast<const char*>(made), static_cast<std::size_t>(length)};
}

} // namespace nexus::llm::cli
