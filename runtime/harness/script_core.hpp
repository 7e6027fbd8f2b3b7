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

/// What `Script` and the handles that it gives out share: the actors, the stage, and what was
/// expected of whom. Not for tests themselves.
class ScriptCore {
public:
  explicit ScriptCore(ScriptOptions options);
  ~ScriptCore();
  ScriptCore(const ScriptCore&) = delete;
  ScriptCore& operator=(const ScriptCore&) = delete;

  // Before the start.
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

  // Parties.
  /// A puppet with a name; a name that is taken already is an error of the script.
  Puppet& puppet(const std::string& name, Puppet::Manner manner, const Where& where);
  [[nodiscard]] Puppet& puppet(const std::string& name, const Where& where);
  [[nodiscard]] caf::actor actor(const std::string& name, const Where& where);
  [[nodiscard]] caf::message message_for(const std::string& name, const Pattern& elements,
                                         const Where& where);
  [[nodiscard]] caf::message answer_of(const std::string& component, const caf::message& request,
                                       const json::Value& result, const Where& where);
  /// The puppet that stood for a component when it had this id.
  [[nodiscard]] Puppet incarnation(const std::string& component, caf::actor_id id,
                                   const Where& where) const;
  /// There is somebody of this name, or will be: a component, a handle, or one of the script.
  void check_name(const std::string& name, const Where& where);
  void name_actor(const caf::strong_actor_ptr& actor, const std::string& name, const Where& where);
  [[nodiscard]] std::string fresh_name(const std::string& stem);

  // Expectations.
  Track& track(std::string name, std::function<bool(const Event&)> wants);
  /// The next things of a track fit these patterns, in this order.
  void expect(Track& track, const std::vector<Pattern>& patterns, const Where& where);
  /// Nothing unread is there.
  void expect_nothing(Track& track, const Where& where);
  [[nodiscard]] Track& asked() noexcept { return *asked_; }
  /// Makes the first unread exchange of this kind the next one. False where there is none.
  bool bring_exchange_forward(const Pattern& wanted);
  /// The exchange that the first unread item of `asked` is.
  [[nodiscard]] StagedExchange next_exchange() const { return exchanges_.front(); }
  void take_exchange() { exchanges_.pop_front(); }
  void intercept(Interception interception);
  /// A requester must have an answer when the script ends, unless that is forgiven.
  void owe_answer(const std::string& requester, const Track& track, const Where& where);
  void forgive_answer(const std::string& requester) { owed_.erase(requester); }

  /// Everything that came was expected, and everything that was expected came.
  void end(const Where& where);
  [[noreturn]] void fail(const Where& where, std::string what, const Track* track = nullptr,
                         std::vector<std::string> expected = {}) const;
  /// A step that makes no sense.
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
