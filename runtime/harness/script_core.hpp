// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/llm_system.hpp"
#include "nexus_llm/testing/script_options.hpp"
#include "nexus_llm/testing/where.hpp"
#include "runtime/harness/message_json.hpp"
#include "runtime/harness/ollama_stage.hpp"
#include "runtime/harness/puppet.hpp"
#include "runtime/harness/report.hpp"
#include "runtime/harness/track.hpp"
#include "runtime/harness/world.hpp"
#include "runtime/system_seams.hpp"

namespace nexus::llm::testing {

/// The shared state of `Script` and the objects that it returns: the actors, the stage and the
/// expectations. Not for direct use in tests.
class ScriptCore {
public:
  explicit ScriptCore(ScriptOptions options);
  ~ScriptCore();
  ScriptCore(const ScriptCore&) = delete;
  ScriptCore& operator=(const ScriptCore&) = delete;

  // Setup. Before `start`.
  void given_config(const std::string& merge_patch, const Where& where);
  void replace(const std::string& component, const Where& where);

  /// Starts the system, unless it runs already.
  void start();
  void settle();
  void pass(World::Duration time);
  [[nodiscard]] bool pass_until(const std::function<bool()>& condition, World::Duration limit);

  [[nodiscard]] World& world() noexcept { return world_; }
  [[nodiscard]] OllamaStage& ollama() noexcept { return *ollama_; }
  [[nodiscard]] LLMSystem& llm() noexcept { return *llm_; }
  [[nodiscard]] const ScriptOptions& options() const noexcept { return options_; }

  // Actors.
  /// Creates a puppet; a name that is already in use is an error of the script.
  Puppet& puppet(const std::string& name, Puppet::Manner manner, const Where& where);
  [[nodiscard]] Puppet& puppet(const std::string& name, const Where& where);
  [[nodiscard]] caf::actor actor(const std::string& name, const Where& where);
  [[nodiscard]] caf::message message_for(const std::string& name, const Pattern& elements,
                                         const Where& where);
  [[nodiscard]] caf::message answer_of(const std::string& component, const caf::message& request,
                                       const json::Value& result, const Where& where);
  /// Returns the puppet that replaced a component and has this actor id.
  [[nodiscard]] Puppet incarnation(const std::string& component, caf::actor_id id,
                                   const Where& where) const;
  /// Checks that a name belongs to a component, a handle, a request or an actor of the script.
  void check_name(const std::string& name, const Where& where);
  void name_actor(const caf::strong_actor_ptr& actor, const std::string& name, const Where& where);
  [[nodiscard]] std::string fresh_name(const std::string& stem);

  // Expectations.
  Track& track(std::string name, std::function<bool(const Event&)> wants);
  /// Expects that the next items of a track match these patterns, in this order.
  void expect(Track& track, const std::vector<Pattern>& patterns, const Where& where);
  /// Expects no unread items.
  void expect_nothing(Track& track, const Where& where);
  [[nodiscard]] Track& asked() noexcept { return *asked_; }
  /// Moves the first matching unread exchange to the front. Returns false if there is none.
  bool bring_exchange_forward(const Pattern& wanted);
  /// Returns the exchange of the first unread item of `asked`.
  [[nodiscard]] StagedExchange next_exchange() const { return exchanges_.front(); }
  void take_exchange() { exchanges_.pop_front(); }
  void intercept(Interception interception);
  /// Requires that a requester has an answer when the script ends, unless `forgive_answer` is
  /// called.
  void owe_answer(const std::string& requester, const Track& track, const Where& where);
  void forgive_answer(const std::string& requester) { owed_.erase(requester); }

  /// Expects that no unread item, pending answer or unused interception is left.
  void end(const Where& where);
  [[noreturn]] void fail(const Where& where, std::string what, const Track* track = nullptr,
                         std::vector<std::string> expected = {}) const;
  /// Reports an invalid step.
  [[noreturn]] void misuse(const Where& where, const std::string& what) const;

private:
  void hear(const Event& event);
  void hear_ollama();
  [[nodiscard]] std::string line_of(const Event& event) const;
  [[nodiscard]] std::shared_ptr<const ComponentFactories> factories();
  [[nodiscard]] const MessageReader* reader(const std::string& name) const;

  ScriptOptions options_;
  LLMClientConfig config_;
  bool base_url_given_ = false;
  std::unique_ptr<OllamaStage> ollama_;
  World world_;
  std::map<std::string, std::unique_ptr<Puppet>> puppets_;
  std::vector<std::unique_ptr<Puppet>> retired_; ///< stand-ins that died
  std::vector<std::string> replaced_;
  std::list<Track> tracks_;
  Track* asked_ = nullptr;
  std::deque<StagedExchange> exchanges_;
  std::vector<std::shared_ptr<Interception>> interceptions_;
  struct Owed {
    const Track* track;
    Where where;
  };
  std::map<std::string, Owed> owed_;
  std::map<std::string, std::size_t> name_counts_;
  std::size_t last_id_ = 0;
  std::unique_ptr<LLMSystem> llm_;
};

} // namespace nexus::llm::testing
