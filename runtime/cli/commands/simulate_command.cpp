// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/simulate_command.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <system_error>

#include "config/suggestion.hpp"
#include "config/text.hpp"
#include "nexus_llm/simulator/simulator.hpp"
#include "runtime/cli/commands/simulated_behaviour.hpp"
#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/process_limits.hpp"

namespace nexus::llm::cli {

namespace {

/// Returns the word for a value of `--tools`.
Result<std::string> tools_word(const std::string& value) {
  if (value.empty() || value == "false")
    return std::string{};
  if (value == "true" || value == "first")
    return std::string{"tools"};
  if (value == "all")
    return std::string{"alltools"};
  if (value == "endless")
    return value;
  return failure(ErrorCode::invalid_argument,
                 "--tools must be `first`, `all` or `endless`, not `" + value + "`");
}

simulator::SimulatorOptions simulator_options(const SimulateArguments& arguments,
                                              const std::string& tools) {
  simulator::SimulatorOptions options;
  options.port = arguments.port;
  options.token_delay = std::chrono::milliseconds{arguments.token_delay_ms};
  options.load_delay = std::chrono::milliseconds{arguments.load_delay_ms};
  options.parallel_slots = arguments.slots;
  auto names = arguments.models;
  if (names.empty())
    for (const auto role : all_roles())
      names.push_back(LLMClientConfig{}.model(role));
  for (const auto& name : names) {
    options.models.push_back(simulated_model(name));
    give_ability(options.models.back(), tools);
    if (arguments.thinking)
      give_ability(options.models.back(), "thinking");
  }
  return options;
}

/// Reads `KIND` or `KIND=COUNT`.
Result<simulator::Fault> fault_in(const std::string& text) {
  const auto equals = std::min(text.find('='), text.size());
  const auto word = text.substr(0, equals);
  const auto fault = fault_of(word);
  const auto words = words_of(SimulatedBehaviour::Kind::failure);
  if (!fault)
    return failure(ErrorCode::invalid_argument,
                   "--fail: " + is_no("failure", word, nearest(word, words)));
  if (equals == text.size())
    return *fault;
  const auto count = number_in<unsigned>(std::string_view{text}.substr(equals + 1));
  if (!count || *count == 0)
    return failure(ErrorCode::invalid_argument,
                   "--fail: the number of requests must be at least 1, not `" +
                       text.substr(equals + 1) + "`");
  return fault->times(*count);
}

Result<std::vector<simulator::Fault>> all_faults(const SimulateArguments& arguments) {
  std::vector<simulator::Fault> faults;
  for (const auto& text : arguments.failures) {
    auto fault = fault_in(text);
    if (!fault)
      return failure(std::move(fault.error()));
    faults.push_back(std::move(*fault));
  }
  for (const auto& name : arguments.models)
    for (auto& fault : faults_of(name))
      faults.push_back(std::move(fault));
  return faults;
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
  const auto faults = all_faults(arguments);
  if (!faults)
    return output.fail(faults.error());
  const auto tools = tools_word(arguments.tools);
  if (!tools)
    return output.fail(tools.error());
  try {
    simulator::Simulator simulator{simulator_options(arguments, *tools)};
    for (const auto& fault : *faults)
      simulator.inject(fault);
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
    return output.fail({.code = ErrorCode::listen_failed,
                        .subject = "127.0.0.1:" + std::to_string(arguments.port),
                        .reason = error.code().message()});
  }
  return output.success();
}

} // namespace nexus::llm::cli
