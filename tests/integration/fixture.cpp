// SPDX-License-Identifier: BSD-3-Clause
#include "tests/integration/fixture.hpp"

#include <condition_variable>
#include <mutex>

#include "actors/internal_interfaces.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "nexus_llm/system_config.hpp"

namespace nexus::llm::test {

simulator::SimulatorOptions default_models() {
  simulator::SimulatorOptions options;
  options.models = {{.name = "llama3.1:8b"}, {.name = "qwen2.5-coder:7b"}, {.name = "spare:1b"}};
  return options;
}

LLMClientConfig quick(const simulator::Simulator& sim) {
  LLMClientConfig config;
  config.base_url = sim.base_url();
  config.retry_delay = 5ms;
  return config;
}

namespace {} // namespace

struct World::Actors {
  SystemConfig config;
  caf::actor_system system{config};
  std::unique_ptr<LLMSystem> llm;
};

World::World(simulator::SimulatorOptions options,
             const std::function<void(LLMClientConfig&)>& adjust)
    : sim{std::move(options)}, actors_{[&] {
        auto actors = std::make_unique<Actors>();
        auto config = quick(sim);
        if (adjust)
          adjust(config);
        LLMSystemOptions made;
        made.store = make_memory_store(config);
        auto started = LLMSystem::start(actors->system, std::move(made));
        BOOST_REQUIRE(started);
        actors->llm = std::move(*started);
        return actors;
      }()},
      api{actors_->system, *actors_->llm} {}

World::~World() { actors_->llm.reset(); }

caf::actor_system& World::system() { return actors_->system; }
LLMSystem& World::llm() { return *actors_->llm; }

void World::kill(const std::string& component) {
  caf::scoped_actor self{system()};
  const auto root = caf::actor_cast<supervisor_actor>(llm().root());
  caf::strong_actor_ptr target;
  ask(self, root, deadline, component_atom_v, component)
      .receive([&target](const caf::strong_actor_ptr& found) { target = found; },
               [](const caf::error& error) { BOOST_FAIL(describe(error)); });
  BOOST_REQUIRE(target);
  wait_for_end(system(), target, 5s);
}

void World::wait_for_restarts(const std::string& component, std::uint64_t restarts) {
  const auto give_up = std::chrono::steady_clock::now() + deadline;
  while (std::chrono::steady_clock::now() < give_up) {
    const auto health = api.health();
    BOOST_REQUIRE(health);
    for (const auto& one : health->components)
      if (one.name == component && one.restarts >= restarts)
        return;
  }
  BOOST_FAIL(component + " was not restarted");
}

std::string Heard::text() const {
  std::string all;
  for (const auto& chunk : chunks)
    all += chunk.response;
  return all;
}

bool Heard::saw(Phase phase) const {
  for (const auto& one : progress)
    if (one.phase == phase)
      return true;
  return false;
}

void Heard::check_order() const {
  std::uint64_t expected = 0;
  std::size_t ends = errors.size();
  for (const auto& chunk : chunks) {
    BOOST_TEST(chunk.seq == expected++);
    ends += chunk.done ? 1 : 0;
  }
  BOOST_TEST(ends == 1u);
}

struct Probe::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  Heard heard;
  bool slow = false;
};

namespace {

class ProbeState {
public:
  using Base = stream_subscriber::base;
  static constexpr const char* name = "Probe";

  ProbeState(stream_subscriber::pointer, std::shared_ptr<Probe::Shared> shared)
      : shared_{std::move(shared)} {}

  stream_subscriber::behavior_type make_behavior() {
    return {
        [this](LLMStreamChunk& chunk) {
          note([&](Heard& heard) { heard.chunks.push_back(std::move(chunk)); });
          std::unique_lock lock{shared_->mutex};
          shared_->changed.wait(lock, [this] { return !shared_->slow; });
        },
        [this](StreamError& error) {
          note([&](Heard& heard) { heard.errors.push_back(std::move(error)); });
        },
        [this](RequestProgress& progress) {
          note([&](Heard& heard) {
            if (progress.phase == Phase::restarted)
              heard.chunks.clear();
            heard.progress.push_back(std::move(progress));
          });
        },
    };
  }

private:
  template <class Change> void note(Change change) {
    {
      std::lock_guard lock{shared_->mutex};
      change(shared_->heard);
    }
    shared_->changed.notify_all();
  }

  std::shared_ptr<Probe::Shared> shared_;
};

} // namespace

Probe::Probe(caf::actor_system& system, bool slow) : shared_{std::make_shared<Shared>()} {
  shared_->slow = slow;
  // A slow one waits inside its handler, so it has a thread of its own.
  if (slow)
    handle_ = spawn_state<ProbeState, caf::detached>(system, shared_);
  else
    handle_ = spawn_state<ProbeState>(system, shared_);
}

Probe::~Probe() {
  handle_all();
  die();
}

Heard Probe::wait_until(const std::function<bool(const Heard&)>& condition) {
  std::unique_lock lock{shared_->mutex};
  const bool came =
      shared_->changed.wait_for(lock, deadline, [&] { return condition(shared_->heard); });
  BOOST_REQUIRE_MESSAGE(came, "the subscriber did not hear what it waited for");
  return shared_->heard;
}

Heard Probe::heard() const {
  std::lock_guard lock{shared_->mutex};
  return shared_->heard;
}

void Probe::handle_all() {
  {
    std::lock_guard lock{shared_->mutex};
    shared_->slow = false;
  }
  shared_->changed.notify_all();
}

void Probe::die() { anon_exit(handle_, caf::exit_reason::kill); }

} // namespace nexus::llm::test
