// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/config/config_doubts.hpp"

#include "config/config_keys.hpp"

namespace nexus::llm::cli {

void tell_doubts(Output& output, const ConfigDoubts& doubts) {
  for (const auto& key : doubts.unknown)
    output.warning(unknown_key_text(key) + (nearest_config_key(key).empty() ? ", and" : "; it") +
                   " does nothing");
  for (const auto& key : doubts.duplicates)
    output.warning("`" + key + "` is given more than once; the last one counts");
}

} // namespace nexus::llm::cli
