// SPDX-License-Identifier: BSD-3-Clause
#include "tests/reliability/mischief.hpp"

#include <array>
#include <string>

#include "actors/internal_interfaces.hpp"
#include "tests/reliability/mortal.hpp"
#include "tests/reliability/record.hpp"

namespace nexus::llm::test {

using namespace std::chrono_literals;
using simulator::Fault;

namespace {

constexpr std::array components{"RoleActor/overseer", "RoleActor/implementation",
                                "ModelManagerActor",  "StreamingActor",
                                "OllamaClientActor",  "ConfigActor"};

constexpr std::array paths{"/api/generate", "/api/chat", "/api/embed",
                           "/api/tags",     "/api/show", "/api/ps"};

constexpr auto html = "<html><body><h1>502 Bad Gateway</h1></body></html>";

} // namespace

Mischief::Mischief(std::uint64_t seed, caf::actor_system& system, LLMSystem& llm,
                   simulator::Simulator& ollama, const SeenRequests& requests)
    : random_{seed}, system_{system}, llm_{llm}, ollama_{ollama}, requests_{requests}, thread_{
                                                                                           [this] {
                                                                                             run();
                                                                                           }} {}

Mischief::~Mischief() { stop(); }

std::uint64_t Mischief::stop() {
  {
    std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  stopping_changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
  ollama_.clear_faults();
  ollama_.start();
  return kills_;
}

bool Mischief::pause(std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  return !stopping_changed_.wait_for(lock, time, [this] { return stopping_; });
}

void Mischief::run() {
  while (pause(std::chrono::milliseconds{draw(40)}))
    one_act();
}

void Mischief::one_act() {
  const auto lot = draw(100);
  if (lot < 25)
    kill_one();
  else if (lot < 90)
    inject_fault();
  else if (lot < 96)
    move_model();
  else
    interrupt_server();
}

void Mischief::kill_one() {
  const auto victim = draw(components.size() + 2);
  const std::string name{victim < components.size() ? components[victim] : requests_.pick(draw(8))};
  const auto death = static_cast<Death>(draw(3));
  caf::scoped_actor self{system_};
  caf::strong_actor_ptr target;
  ask(self, caf::actor_cast<supervisor_actor>(llm_.root()), patience, component_atom_v, name)
      .receive([&target](const caf::strong_actor_ptr& found) { target = found; },
               [](const caf::error&) {});
  if (!target)
    return;
  order_death(target, death);
  ++kills_;
}

void Mischief::inject_fault() {
  const auto lines = static_cast<unsigned>(draw(6));
  auto fault = [&] {
    switch (draw(27)) {
    case 0:
      return Fault::reset_before_response();
    case 1:
      return Fault::reset_after_lines(lines);
    case 2:
      return Fault::close_before_response();
    case 3:
      return Fault::close_mid_chunk(lines);
    case 4:
      return Fault::close_after_lines(lines);
    case 5:
      return Fault::end_without_done(lines);
    case 6:
      return Fault::error_line(lines, "an error was encountered while running the model");
    case 7:
      return Fault::garbage_line(lines);
    case 8:
      return Fault::stall_before_response();
    case 9:
      return Fault::stall_after_lines(lines);
    case 10:
      return Fault::stall_before_response(std::chrono::milliseconds{draw(100)});
    case 11:
      return Fault::respond(500, R"({"error":"something broke"})");
    case 12:
      return Fault::respond(502, html, "text/html");
    case 13:
      return Fault::busy(draw(2) == 0 ? std::nullopt : std::optional<unsigned>{1});
    case 14:
      return Fault::model_missing("llama3.1:8b");
    case 15:
      return Fault::redirect(307, "http://192.0.2.1/api/generate");
    case 16:
      return Fault::malformed_json(lines);
    case 17:
      return Fault::wrong_types();
    case 18:
      return Fault::huge_line(Fault::max_line_bytes, lines);
    case 19:
      return Fault::nested_json(100'000, lines);
    case 20:
      return Fault::invalid_utf8(lines);
    case 21:
      return Fault::data_after_done();
    case 22:
      return Fault::no_done();
    case 23:
      return Fault::header_flood(5000, 1u << 20);
    case 24:
      return Fault::slow_drip(1ms);
    case 25:
      return Fault::merged_chunks();
    default:
      return Fault::split_chunks(1 + draw(7));
    }
  }();
  if (draw(2) == 0)
    fault = fault.on(paths[draw(paths.size())]);
  ollama_.inject(fault.times(static_cast<unsigned>(1 + draw(3))).after(lines));
}

void Mischief::move_model() {
  const std::string model{"llama3.1:8b"};
  ollama_.remove_model(model);
  static_cast<void>(pause(std::chrono::milliseconds{draw(60)}));
  ollama_.add_model({.name = model});
}

void Mischief::interrupt_server() {
  ollama_.stop();
  static_cast<void>(pause(std::chrono::milliseconds{draw(80)}));
  ollama_.start();
}

} // namespace nexus::llm::test
