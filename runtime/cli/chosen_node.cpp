// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chosen_node.hpp"

#include <string>
#include <utility>

#include "runtime/cli/local_nodes.hpp"

namespace nexus::llm::cli {

Result<CommonOptions> with_chosen_node(CommonOptions common) {
  if (!common.nodes.empty())
    return common;
  const auto config = load_settings(common);
  if (!config)
    return failure(config.error());
  if (!config->nodes.addresses.empty())
    return common;
  auto nodes = running_nodes(node_directories(process_environment()));
  if (nodes.empty())
    return failure(
        LLMError{.code = ErrorCode::node_unreachable,
                 .subject = "this machine, and neither --connect nor the settings name another"});
  if (nodes.size() > 1) {
    std::string names;
    for (const auto& node : nodes)
      names += (names.empty() ? "" : ", ") + node.text();
    return failure(ErrorCode::invalid_argument,
                   "several nodes run on this machine (" + names + "); name one with --connect");
  }
  common.nodes = std::move(nodes);
  return common;
}

} // namespace nexus::llm::cli
