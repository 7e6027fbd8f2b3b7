// SPDX-License-Identifier: BSD-3-Clause
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdlib>
#include <iostream>

#include <nexus_llm/llm_integration.hpp>
#include <nexus_llm/node/remote_llm.hpp>
#include <nexus_llm/setup.hpp>

using namespace nexus::llm;

int main(int argc, char** argv) {
  const char* host = argc > 1 ? argv[1] : "127.0.0.1";
  const auto port = static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 11435);
  caf::actor_system_config config;
  setup(config);            // makes CAF know the message types
  recommend(config);        // scheduler options that suit this library
  load_network(config, {}); // plain TCP; for another machine, pass TlsFiles
  caf::actor_system system{config};
  auto remote = connect(system, host, port);
  if (!remote)
    return std::cerr << sentence(remote.error()) << '\n', 1;
  // From here on everything is as with an LLMSystem of this process: typed handles for actors,
  // (*remote)->role(AIRole::overseer), or the blocking calls.
  LLMIntegration api{system, (*remote)->handles()};
  auto answer = api.generate_streaming("Plan a release.", AIRole::overseer, [](const auto& chunk) {
    std::cout << chunk.response << std::flush;
    return true;
  });
  std::cerr << '\n' << (answer ? answer->model : sentence(answer.error())) << '\n';
  return answer ? 0 : exit_code(category(answer.error().code));
}
