// SPDX-License-Identifier: BSD-3-Clause
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

/// Optional arguments of a prompt.
struct PromptDetails {
  const Listener* listener = nullptr; ///< null: no streaming
  GenerateOptions options = {};       ///< the id defaults to the name of the requester
  std::string name = {};              ///< of the requester; empty: generated
};

/// A test written as a sequence of messages. Runs an unmodified `LLMSystem` on the thread of the
/// test, in virtual time, with an Ollama that the script controls; see `docs/harness.md`.
///
/// Each step is synchronous: when it returns, all of its effects that need no virtual time have
/// happened. A mismatch throws `ScriptFailure` with the expected and the actual values side by
/// side. Use it through `play`, which calls `ends`. Not thread-safe; only one script may exist at a
/// time.
class Script {
public:
  explicit Script(ScriptOptions options = {});

  // Setup. Before the first step.

  /// Overrides default settings, in the format of the `llm` section of the configuration file.
  void given_config(const std::string& json, Where where = Where::here());
  /// Installs a model. Ollama answers requests to a model with a `reply` by itself; other requests
  /// wait for the script.
  void given_model(const std::string& name, const std::string& reply = {},
                   Where where = Where::here());
  /// Installs a model with all properties of a simulated model.
  void given_simulated_model(const simulator::SimulatedModel& model, Where where = Where::here());
  /// Replaces a component, by its name in `Health`, with a stand-in.
  [[nodiscard]] StandIn replaces(const std::string& component, Where where = Where::here());
  /// Lets requests about models wait for the script, too.
  void ollama_answers_nothing_itself();

  // Callers.

  /// Creates a stream subscriber.
  [[nodiscard]] Listener subscriber(const std::string& name, Hears hears = Hears::everything,
                                    Where where = Where::here());
  /// Sends a prompt to a role; with a listener, the role streams its answer.
  Call prompt(AIRole role, const std::string& text, PromptDetails details = {},
              Where where = Where::here());
  Call prompt(AIRole role, const std::string& text, const Listener& listener,
              Where where = Where::here());
  /// Sends a conversation to a role.
  Call chat(AIRole role, const std::vector<ChatMessage>& messages, PromptDetails details = {},
            Where where = Where::here());
  /// Sends any request, as JSON, to the actor with this name, and records the answer.
  Call ask(const std::string& receiver, const Pattern& message, const std::string& name = {},
           Where where = Where::here());
  /// Sends any request to a handle, with typed content, and records the answer.
  template <class Handle, class... Ts> Call ask_actor(const Handle& receiver, Ts... content) {
    return ask_made(caf::actor_cast<caf::actor>(receiver),
                    caf::make_message(std::move(content)...));
  }
  /// Sends a message without awaiting an answer.
  void tell(const std::string& receiver, const Pattern& message, Where where = Where::here());
  /// Cancels the request of a call; expects that it is pending.
  void cancel(const Call& call, Where where = Where::here());
  /// Subscribes a listener to the stream of a call.
  void join(const Listener& listener, const Call& call, Where where = Where::here());
  /// Unsubscribes a listener from the stream of a call.
  void leave(const Listener& listener, const Call& call, Where where = Where::here());

  // Ollama.

  /// Expects this HTTP request next, such as `POST /api/chat`. Advances virtual time by up to
  /// `within` to wait for it.
  [[nodiscard]] Asked ollama_is_asked(const std::string& what, const Pattern& body = {},
                                      std::chrono::milliseconds within = {},
                                      Where where = Where::here());
  /// Expects this HTTP request among those that the script has not consumed yet, since concurrent
  /// requests arrive in any order.
  [[nodiscard]] Asked ollama_is_asked_among(const std::string& what, const Pattern& body,
                                            std::chrono::milliseconds within = {},
                                            Where where = Where::here());
  /// Expects that the script has consumed all HTTP requests.
  void ollama_is_not_asked(Where where = Where::here());
  /// Closes the port and breaks all connections.
  void ollama_stops();
  /// Opens the port again.
  void ollama_starts();
  void model_is_installed(const std::string& name, Where where = Where::here());
  void model_is_removed(const std::string& name);

  // Time and failures.

  /// Advances virtual time.
  void time_passes(std::chrono::nanoseconds time);
  /// Returns the virtual time since the start of the script.
  [[nodiscard]] std::chrono::nanoseconds now() const;
  /// Terminates a component.
  void component_dies(const std::string& name, Where where = Where::here());
  /// Terminates a component in the middle of a step, called from `ScriptOptions::trace`: the
  /// component receives its exit message before any later message. Returns false if there is no
  /// actor of this name.
  bool fails_now(const std::string& name);
  /// Records the messages from one actor to another from now on; an empty name matches any actor.
  [[nodiscard]] Channel observe(const std::string& sender, const std::string& receiver,
                                const Pattern& only = {}, Where where = Where::here());
  /// Drops the next `times` messages between two actors that match; an empty name matches any
  /// actor. The script fails at its end if fewer messages have matched.
  void drop(const std::string& sender, const std::string& receiver, const Pattern& message,
            std::uint32_t times = 1, Where where = Where::here());
  /// Delays messages.
  void delay(const std::string& sender, const std::string& receiver, const Pattern& message,
             std::chrono::milliseconds by, std::uint32_t times = 1, Where where = Where::here());
  /// Replaces messages by another one, in JSON, that the receiver must accept.
  void replace(const std::string& sender, const std::string& receiver, const Pattern& message,
               const Pattern& with, std::uint32_t times = 1, Where where = Where::here());

  /// Expects that no unexpected message has arrived and that each interception has matched.
  void ends(Where where = Where::here());

  /// Names an actor of the test, so that `observe`, `drop` and `delay` can refer to it.
  template <class Handle>
  void name_actor(const Handle& actor, const std::string& name, Where where = Where::here()) {
    name_made(caf::actor_cast<caf::strong_actor_ptr>(actor), name, where);
  }
  /// Runs all actors until they are idle, e.g. after sending messages without the script.
  void settle();
  /// Returns the running system, for operations that the script does not offer.
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

/// Runs a script and checks at its end that nothing is left over (`Script::ends`).
void play(ScriptOptions options, const std::function<void(Script&)>& body,
          Where where = Where::here());
/// Upper limit of `orders` in `play_in_orders`.
inline constexpr std::uint64_t max_orders = 1'000'000;

/// Runs a script in the natural order of messages, then in `orders` other orders.
void play_in_orders(const ScriptOptions& options, std::uint64_t orders,
                    const std::function<void(Script&)>& body, Where where = Where::here());

} // namespace nexus::llm::testing
