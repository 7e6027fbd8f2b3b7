#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nexus_llm/llm_system.hpp"
#include "nexus_llm/simulator/simulated_model.hpp"
#include "nexus_llm/testing/asked.hpp"
#include "nexus_llm/testing/call.hpp"
#include "nexus_llm/testing/channel.hpp"
#include "nexus_llm/testing/listener.hpp"
#include "nexus_llm/testing/pattern.hpp"
#include "nexus_llm/testing/script_options.hpp"
#include "nexus_llm/testing/stand_in.hpp"

namespace nexus::llm::testing {

struct Interception;
class ScriptCore;

/// More about a prompt.
struct PromptDetails {
  const Listener* listener = nullptr; ///< null: a complete answer
  GenerateOptions options = {};       ///< without an id, it gets the name of the requester
  std::string name = {};              ///< of the requester; empty: one is made
};

/// A test that reads like the sequence of messages that it is about. The system of this library
/// runs in it as it is, on the thread of the test, in virtual time, with an Ollama that does what
/// the script says; see `docs/harness.md`.
///
/// Each step happens at once: when it returns, everything that follows from it without time passing
/// has happened. What does not fit throws `ScriptFailure`, whose text shows the expected beside the
/// actual. Use it through `play`, which does not forget `ends`. One thread; one script at a time.
class Script {
public:
  explicit Script(ScriptOptions options = {});

  // Given. Before the first step.

  /// Settings as in the `llm` section of the configuration file, over the defaults.
  void given_config(const std::string& json, Where where = Where::here());
  /// An installed model. One with a `reply` answers by itself; the others wait for the script.
  void given_model(const std::string& name, const std::string& reply = {},
                   Where where = Where::here());
  /// The same with all that a simulated model has.
  void given_simulated_model(const simulator::SimulatedModel& model, Where where = Where::here());
  /// Puts a stand-in into the place of a component, by its name in `Health`.
  [[nodiscard]] StandIn replaces(const std::string& component, Where where = Where::here());
  /// Questions about models wait for the script, too.
  void ollama_answers_nothing_itself();

  // Callers.

  [[nodiscard]] Listener subscriber(const std::string& name, Hears hears = Hears::everything,
                                    Where where = Where::here());
  /// A role gets a prompt; with a listener, its answer is streamed.
  Call prompt(AIRole role, const std::string& text, PromptDetails details = {},
              Where where = Where::here());
  Call prompt(AIRole role, const std::string& text, const Listener& listener,
              Where where = Where::here());
  /// A role gets a conversation.
  Call chat(AIRole role, const std::vector<ChatMessage>& messages, PromptDetails details = {},
            Where where = Where::here());
  /// Sends any message, as JSON, to any actor, by its name, and keeps its answer.
  Call ask(const std::string& receiver, const Pattern& message, const std::string& name = {},
           Where where = Where::here());
  /// The same with a handle and typed content.
  template <class Handle, class... Ts> Call ask_actor(const Handle& receiver, Ts... content) {
    return ask_made(caf::actor_cast<caf::actor>(receiver),
                    caf::make_message(std::move(content)...));
  }
  /// Sends a message to which there is no answer.
  void tell(const std::string& receiver, const Pattern& message, Where where = Where::here());
  /// Cancels the request of a call; it is there.
  void cancel(const Call& call, Where where = Where::here());
  /// Joins the stream of a call.
  void join(const Listener& listener, const Call& call, Where where = Where::here());
  void leave(const Listener& listener, const Call& call, Where where = Where::here());

  // Ollama.

  /// It is asked this next, such as `POST /api/chat`. Virtual time may pass up to `within`.
  [[nodiscard]] Asked ollama_is_asked(const std::string& what, const Pattern& body = {},
                                      std::chrono::milliseconds within = {},
                                      Where where = Where::here());
  /// The same, but any of those that the script has not seen: requests under way at a time come in
  /// whatever order.
  [[nodiscard]] Asked ollama_is_asked_among(const std::string& what, const Pattern& body,
                                            std::chrono::milliseconds within = {},
                                            Where where = Where::here());
  /// It was asked nothing that the script has not seen.
  void ollama_is_not_asked(Where where = Where::here());
  /// Nobody listens there, and connections break.
  void ollama_stops();
  void ollama_starts();
  void model_is_installed(const std::string& name, Where where = Where::here());
  void model_is_removed(const std::string& name);

  // Time, and what goes wrong.

  void time_passes(std::chrono::nanoseconds time);
  [[nodiscard]] std::chrono::nanoseconds now() const;
  /// A component fails.
  void component_dies(const std::string& name, Where where = Where::here());
  /// The same in the middle of a step, from `ScriptOptions::trace`: it hears of its end before
  /// anything that comes later. False where there is none of this name.
  bool fails_now(const std::string& name);
  /// Keeps what one actor tells another from now on; an empty name is anybody.
  [[nodiscard]] Channel observe(const std::string& sender, const std::string& receiver,
                                const Pattern& only = {}, Where where = Where::here());
  /// Loses messages between two actors; an empty name is anybody. It has to happen `times` times.
  void drop(const std::string& sender, const std::string& receiver, const Pattern& message,
            std::uint32_t times = 1, Where where = Where::here());
  /// Brings messages later.
  void delay(const std::string& sender, const std::string& receiver, const Pattern& message,
             std::chrono::milliseconds by, std::uint32_t times = 1, Where where = Where::here());
  /// Brings another message instead; its JSON is one that the receiver takes.
  void replace(const std::string& sender, const std::string& receiver, const Pattern& message,
               const Pattern& with, std::uint32_t times = 1, Where where = Where::here());

  /// Nothing happened that the script did not expect, and every interception was met.
  void ends(Where where = Where::here());

  /// Gives an actor of your own a name, by which it can be observed, and messages to it dropped or
  /// delayed.
  template <class Handle>
  void name_actor(const Handle& actor, const std::string& name, Where where = Where::here()) {
    name_made(caf::actor_cast<caf::strong_actor_ptr>(actor), name, where);
  }
  /// Lets everything happen that follows from what was done without the script's words.
  void settle();
  /// The running system, for what a script has no word for.
  [[nodiscard]] LLMSystem& llm();
  [[nodiscard]] caf::actor_system& system();

private:
  Call ask_made(const caf::actor& receiver, caf::message message);
  void name_made(const caf::strong_actor_ptr& actor, const std::string& name, const Where& where);
  Call request(AIRole role, PromptDetails details, const Where& where,
               const std::function<caf::message(const GenerateOptions&)>& message);
  [[nodiscard]] Interception interception(const std::string& sender, const std::string& receiver,
                                          const Pattern& message, std::uint32_t times,
                                          const Where& where);

  std::shared_ptr<ScriptCore> core_;
};

/// Plays a script from its beginning to its end.
void play(ScriptOptions options, const std::function<void(Script&)>& body,
          Where where = Where::here());
/// The most orders that are played.
inline constexpr std::uint64_t max_orders = 1'000'000;

/// Plays it in the natural order of messages, then in `orders` others.
void play_in_orders(const ScriptOptions& options, std::uint64_t orders,
                    const std::function<void(Script&)>& body, Where where = Where::here());

} // namespace nexus::llm::testing
