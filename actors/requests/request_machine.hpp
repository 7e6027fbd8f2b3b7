// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/health.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/log.hpp"

namespace nexus::llm {

/// The state machine of one request, without actors: takes events and returns actions. Its owner
/// performs the actions and feeds the replies back. Not thread-safe.
///
/// At any time at most one query is open; it carries a step, and a reply to an earlier step is
/// ignored. The machine returns exactly one `Conclude`, and no action after it.
///
/// | stage     | waits for             | reply    | failure            | component lost      |
/// | --------- | --------------------- | -------- | ------------------ | ------------------- |
/// | admitting | the RoleActor         | resolve  | conclude           | admit again         |
/// | following | an identical request  | conclude | conclude           | admit again (1)     |
/// | resolving | the ModelManagerActor | send     | decide             | resolve again       |
/// | sending   | the OllamaClientActor | conclude | judge, then decide | judge, then decide  |
/// | judging   | the StreamingActor    | decide   | decide: as if seen | decide: as if seen  |
/// | healing   | the ModelManagerActor | pause    | pause              | pause               |
/// | pausing   | a timer               | resolve  | -                  | -                   |
/// | over      | -                     | -        | -                  | -                   |
///
/// (1) A stream concludes: its subscribers listened to the stream that has failed.
///
/// *Decide* is `decide` of the retry policy: pause and retry, fall back to another model, or
/// conclude. In every stage but `over`: a caller that dies or cancels is answered, and the request
/// concludes unless others want its response (subscribers that joined the stream count unless it
/// was cancelled); a lost stream restarts the attempt, once if a chunk of it was seen; `End`
/// concludes.
class RequestMachine {
public:
  using Time = std::chrono::steady_clock::time_point;
  using Millis = std::chrono::milliseconds;
  using Step = std::uint64_t;

  /// How often a request may lose the component that works on it.
  static constexpr std::uint32_t max_component_failures = 3;

  enum class Stage : std::uint8_t {
    admitting,
    following,
    resolving,
    sending,
    judging,
    healing,
    pausing,
    over,
  };

  /// What the machine needs to know about the request.
  struct Order {
    AIRole role = AIRole::overseer;
    std::string name;  ///< for the log
    std::string model; ///< chosen by the caller; empty: the model of the role
    bool stream = false;
    bool falls_back = true; ///< a fallback model of the role may serve it
    bool heals = true;      ///< a model that sends no byte in time may be unloaded
  };

  // Replies to the open query.
  struct Admitted {};
  struct Cached {
    LLMResponse response;
  };
  struct Shared {}; ///< an identical request will get the response
  struct Missed {}; ///< the identical request has ended already
  struct Alone {};  ///< the response cannot be shared
  struct Resolved {
    std::string model;
    std::string digest;
  };
  struct Answered {
    LLMResponse response;
  };
  struct Failed {
    LLMError error;
  };
  struct Judged {
    bool seen = false;
  };
  struct Done {}; ///< the pause is over, or the model is healed
  struct Lost {
    std::string component;
  };
  using Reply = std::variant<Admitted, Cached, Shared, Missed, Alone, Resolved, Answered, Failed,
                             Judged, Done, Lost>;

  // Other events.
  struct Begin {
    bool anew = false; ///< restarted after a fault in the logic
  };
  struct ChunkSeen { ///< a chunk of this attempt was passed on to a subscriber
    std::uint32_t attempt = 0;
  };
  struct StreamLost { ///< the StreamingActor was replaced and its sessions are lost
    std::string component;
  };
  struct CallerGone {};     ///< the requester is dead
  struct Cancelled {};      ///< by the caller, or on its behalf
  struct Interest {         ///< others that want the response
    bool followers = false; ///< identical requests
    bool listeners = false; ///< subscribers that joined the stream later
  };
  struct End { ///< concludes, even if others want the response
    LLMError reason;
  };
  struct Happened { ///< a reply
    Step step = 0;
    Reply reply;
  };
  using Event =
      std::variant<Begin, ChunkSeen, StreamLost, CallerGone, Cancelled, Interest, End, Happened>;

  // Queries to send; each replaces the one before.
  struct Admit {
    Step step = 0;
    bool again = false; ///< it was admitted or queued before
    bool alone = false; ///< do not share a response
  };
  struct Follow {
    Step step = 0;
  };
  struct Resolve {
    Step step = 0;
    std::vector<std::string> tried;
    bool refresh = false; ///< the list of models must be read again
  };
  struct Send {
    Step step = 0;
    std::uint32_t attempt = 0;
    std::string model;
    std::string digest;
  };
  struct Judge {
    Step step = 0;
  };
  struct Heal {
    Step step = 0; ///< 0: no reply is expected
    std::string model;
    std::string digest;
  };
  struct Pause {
    Step step = 0;
    Millis wait{};
  };
  // Other actions.
  struct Abort {}; ///< cancel the exchange of the OllamaClientActor
  struct RestartStream {
    std::uint32_t attempt = 0;
    bool seen_is_void = false;
    LLMError reason;
  };
  struct AnswerCaller { ///< the work continues for others
    LLMError error;
    bool end_stream = false; ///< also for the caller's own subscriber
  };
  struct Count {
    RoleStats figures; ///< added to the counters
  };
  struct Log {
    LogLevel level = LogLevel::info;
    std::string text;
  };
  /// The end: the caller, unless answered already, and all subscribers and followers get the
  /// outcome.
  struct Conclude {
    std::variant<LLMResponse, LLMError> outcome;
  };
  using Action = std::variant<Admit, Follow, Resolve, Send, Judge, Heal, Pause, Abort,
                              RestartStream, AnswerCaller, Count, Log, Conclude>;
  using Actions = std::vector<Action>;

  /// The state that a replacement machine continues from, so that it does not take replies to its
  /// predecessor for its own.
  struct Predecessor {
    Step step = 0;
    std::uint32_t attempts = 0;
  };

  RequestMachine(Order order, Time accepted) : order_{std::move(order)}, accepted_{accepted} {}
  RequestMachine(Order order, Time accepted, Predecessor before)
      : order_{std::move(order)}, accepted_{accepted}, step_{before.step}, attempts_{
                                                                               before.attempts} {}

  /// `chance` in [0, 1) spreads waits.
  [[nodiscard]] Actions on(const Event& event, const LLMClientConfig& config, Time now,
                           double chance);

  [[nodiscard]] Stage stage() const noexcept { return stage_; }
  /// The step of the open query; changes once it is answered.
  [[nodiscard]] Step step() const noexcept { return step_; }
  /// Whether the request holds a slot of the role.
  [[nodiscard]] bool holds_place() const noexcept { return holds_place_; }
  [[nodiscard]] std::uint32_t attempts() const noexcept { return attempts_; }
  /// Whether a subscriber has seen a chunk of the current attempt.
  [[nodiscard]] bool seen() const noexcept { return seen_; }
  /// Whether the stream was restarted; earlier chunks are invalid.
  [[nodiscard]] bool restarted() const noexcept { return restarted_; }
  [[nodiscard]] const std::string& model() const noexcept { return model_; }
  [[nodiscard]] const std::optional<LLMError>& last_error() const noexcept { return last_error_; }
  /// Whether the caller still waits for a reply.
  [[nodiscard]] bool has_caller() const noexcept { return caller_; }

private:
  /// The context of an event.
  struct Moment {
    const LLMClientConfig& config;
    Time now;
    double chance;
    Actions& out;
  };

  void handle(const Begin& event, Moment& moment);
  void handle(const ChunkSeen& event, Moment& moment);
  void handle(const StreamLost& event, Moment& moment);
  void handle(const CallerGone&, Moment& moment);
  void handle(const Cancelled&, Moment& moment);
  void handle(const Interest& event, Moment& moment);
  void handle(const End& event, Moment& moment);
  void handle(const Happened& event, Moment& moment);

  void reply(const Admitted&, Moment& moment);
  void reply(const Cached& reply, Moment& moment);
  void reply(const Shared&, Moment& moment);
  void reply(const Missed&, Moment& moment);
  void reply(const Alone&, Moment& moment);
  void reply(const Resolved& reply, Moment& moment);
  void reply(const Answered& reply, Moment& moment);
  void reply(const Failed& reply, Moment& moment);
  void reply(const Judged& reply, Moment& moment);
  void reply(const Done&, Moment& moment);
  void reply(const Lost& reply, Moment& moment);

  Step enter(Stage stage);
  void admit(Moment& moment, bool again);
  void resolve(Moment& moment);
  void pause(Moment& moment, Millis wait);
  void attempt_failed(Moment& moment, LLMError error);
  void heal(Moment& moment, Step step);
  void decide_after(Moment& moment, LLMError error, bool seen);
  void succeed(Moment& moment, LLMResponse response);
  void fail(Moment& moment, LLMError error);
  void answer_caller(Moment& moment, LLMError error, bool end_stream);
  void count(Moment& moment, const RoleStats& figures) const;
  [[nodiscard]] bool more_models(const LLMClientConfig& config) const;
  /// Counts the loss of a component. Returns true if that was one too many; the request has failed
  /// then.
  [[nodiscard]] bool lost_too_many(Moment& moment, const LLMError& error);

  Order order_;
  Time accepted_;
  Stage stage_ = Stage::admitting;
  Step step_ = 0;
  bool caller_ = true;
  Interest interest_;
  bool alone_ = false;
  bool holds_place_ = false;
  bool shared_ = false;
  std::uint32_t component_failures_ = 0;

  std::string model_;              ///< of the current attempt
  std::string digest_;             ///< of that model; empty if unknown
  std::vector<std::string> tried_; ///< models that must not be tried again
  std::uint32_t attempts_ = 0;     ///< on all models
  std::uint32_t on_this_model_ = 0;
  std::uint32_t once_failures_ = 0;
  bool refresh_models_ = false;
  bool seen_ = false;
  bool restarted_ = false;
  bool healed_ = false;
  Millis wait_{}; ///< after healing
  std::optional<LLMError> last_error_;
  std::optional<Time> first_sent_;
};

} // namespace nexus::llm
