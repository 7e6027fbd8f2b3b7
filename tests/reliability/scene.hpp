// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/requests/request_machine.hpp"
#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/llm_system.hpp"
#include "nexus_llm/simulator/simulator.hpp"
#include "runtime/system_seams.hpp"
#include "tests/reliability/mortal.hpp"
#include "tests/reliability/record.hpp"

namespace nexus::llm::test {

/// A settings store whose changes wait at a gate while it is shut.
class GatedStore final : public ConfigStore {
public:
  explicit GatedStore(const LLMClientConfig& config) : inner_{make_memory_store(config)} {}

  Result<LLMClientConfig> load() override { return inner_->load(); }
  Result<LLMClientConfig> save(const LLMClientConfig& config) override {
    pass();
    return inner_->save(config);
  }
  Result<LLMClientConfig> update(std::string_view merge_patch) override {
    pass();
    return inner_->update(merge_patch);
  }

  void shut();
  void open();
  /// Waits until somebody stands at the gate.
  [[nodiscard]] bool wait_for_visitor();

private:
  void pass();

  std::unique_ptr<ConfigStore> inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool shut_ = false;
  unsigned waiting_ = 0;
};

/// One requester with one subscriber, both of which can be made to die.
struct Caller {
  std::string prompt;
  std::shared_ptr<Record> record = std::make_shared<Record>();
  caf::actor requester;
  stream_subscriber subscriber;
};

/// What a scene is made of; everything has a sensible default.
struct SceneOptions {
  simulator::SimulatorOptions ollama = default_ollama();
  std::function<void(LLMClientConfig&)> adjust = [](LLMClientConfig&) {};
  std::function<std::unique_ptr<Transport>()> make_transport;
  /// Called before anything happens to a request; may throw.
  std::function<void(const RequestId&, const RequestMachine::Event&)> before_event;

  /// The models of the specification and a spare one, each with `Scene::reply`.
  [[nodiscard]] static simulator::SimulatorOptions default_ollama();
};

/// A simulator, the whole system before it with components that can be made to die, and callers.
class Scene {
public:
  explicit Scene(SceneOptions options = {});
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  static constexpr std::string_view reply = "one two three four five six";

  [[nodiscard]] caf::actor_system& system();
  [[nodiscard]] LLMSystem& llm() { return *llm_; }

  /// A caller whose stream begins at once. Without an id, the prompt is the id as well.
  Caller& stream(const std::string& prompt, GenerateOptions options = {}, std::string id = {});
  /// The same for a turn of a conversation.
  Caller& chat(const std::vector<ChatMessage>& messages);
  /// How many answers the callers of this prompt got in all.
  [[nodiscard]] std::size_t answers_of(const std::string& prompt) const;
  /// A component by its name in `Health`.
  [[nodiscard]] caf::strong_actor_ptr component(const std::string& name);
  /// What became of a plain request: `answered`, or the name of an error.
  [[nodiscard]] std::string ask_once(AIRole role);
  /// Asks a role for a complete answer and waits for it.
  [[nodiscard]] Result<LLMResponse>
  generate(const std::string& prompt, GenerateOptions options = {}, AIRole role = AIRole::overseer);
  [[nodiscard]] Health health();
  [[nodiscard]] RoleStats stats(AIRole role);
  /// From now on no RoleActor can be made, until `mend`.
  void break_starts() { broken_ = true; }
  void mend_starts() { broken_ = false; }
  /// Ends the system; tells what has not come to rest then. Empty: all is well.
  [[nodiscard]] std::string take_down();

  simulator::Simulator sim;
  std::shared_ptr<GatedStore> store;

private:
  struct Actors;

  Caller& call(const std::string& prompt, const std::vector<ChatMessage>& messages,
               GenerateOptions options);
  /// A role that keeps a request though nobody waits for one; empty: there is none.
  [[nodiscard]] std::string unrest();

  std::unique_ptr<Actors> actors_;
  std::atomic<bool> broken_ = false;
  std::unique_ptr<LLMSystem> llm_;
  std::vector<std::unique_ptr<Caller>> callers_;
};

} // namespace nexus::llm::test
