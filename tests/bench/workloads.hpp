// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace nexus::llm::bench {

/// A piece of the work for requests and streams, without actors or sockets.
struct Workload {
  std::string name;
  std::function<void()> run;
};

[[nodiscard]] std::vector<Workload> workloads();

} // namespace nexus::llm::bench
