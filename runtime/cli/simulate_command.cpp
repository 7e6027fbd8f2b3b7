// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/simulate_command.hpp"

#include <poll.h>

#include <array>
#include <stdexcept>
#include <system_error>

#include "nexus_llm/simulator/simulator.hpp"
#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/process_limits.hpp"

namespace nexus::llm::cli {

namespace {

simulator::SimulatorOptions simulator_options(const SimulateArguments& arguments) {
  simulator::SimulatorOptions options;
  options.port = arguments.port;
  options.token_delay = std::chrono::milliseconds{arguments.token_delay_ms};
  options.load_delay = std::chrono::milliseconds{arguments.load_delay_ms};
  auto names = arguments.models;
  if (names.empty())
    for (const auto role : all_roles())
      names.push_back(LLMClientConfig{}.model(role));
  for (const auto& name : names)
    options.models.push_back({.name = name});
  return options;
}

void wait_for_end(const Interrupts& interrupts, const OwnerWatch& owner) {
  const auto owners = owner.entries();
  std::array<pollfd, 3> events{pollfd{interrupts.descriptor(), POLLIN, 0}, owners[0], owners[1]};
  while (!interrupts.interrupted() && !owner.gone())
    static_cast<void>(::poll(events.data(), events.size(), owner.interval()));
}

} // namespace

int run_simulate(const CommonOptions& common, const SimulateArguments& arguments) {
  Interrupts interrupts;
  const auto ending = interrupts.during([] {});
  Output output{common};
  const auto owner = OwnerWatch::start(arguments.owner);
  if (!owner)
    return output.fail(owner.error());
  if (const auto possible = check_limits({.threads = 2, .descriptors = 16}); !possible)
    return output.fail(possible.error());
  try {
    const simulator::Simulator simulator{simulator_options(arguments)};
    if (output.json()) {
      output.object(SimulatorAddress{simulator.base_url()});
    } else {
      output.line(simulator.base_url());
    }
    output.message("A simulated Ollama answers there; its answers are not those of a model. Use it "
                   "with `--base-url " +
                   simulator.base_url() + "`. Ctrl-C ends it.");
    // Clients could not learn the address.
    if (output.write_failed())
      return output.success();
    wait_for_end(interrupts, *owner);
  } catch (const std::invalid_argument& error) {
    return output.fail({.code = ErrorCode::invalid_argument, .subject = error.what()});
  } catch (const std::system_error& error) {
    return output.fail({.code = ErrorCode::invalid_argument,
                        .subject = "the port cannot be used: " + error.code().message()});
  }
  return output.success();
}

} // namespace nexus::llm::cli
