#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "actors/components.hpp"
#include "actors/guarded_answer.hpp"
#include "actors/requests/request_machine.hpp"
#include "actors/requests/request_stream.hpp"
#include "actors/supervision/chance.hpp"
#include "nexus_llm/log.hpp"

namespace nexus::llm {

/// What a request is made from.
struct RequestParts {
  RequestId id;
  std::uint64_t number = 0; ///< in the order in which requests came
  AIRole role = AIRole::overseer;
  RequestMachine::Time accepted = {};
  ComponentsPtr components;
  caf::strong_actor_ptr owner; ///< a `request_owner`
  Chance chance = {};
  Log log = {};
  /// For tests: called with each event, and may throw.
  std::function<void(const RequestMachine::Event&)> before_event = {};
};

/// RequestActor: one accepted request (a prompt, a conversation, or texts to embed), from its
/// message to its one answer and the end of its stream. Owns the promise of the caller, watches its
/// requester, and runs the `RequestMachine`: puts its questions to the components, and brings the
/// replies back. Components that are restarted are asked again as the machine says.
///
/// Other requests that are the same may follow it: they get its answer, and their subscribers
/// listen to its stream. It goes on for them when its own requester is gone.
///
/// A fault in the logic itself begins the request anew, once, where nothing of it was seen; else,
/// and when this actor dies, its caller and its followers get `component_failed`, its subscribers
/// their end, and what it had begun is cancelled. Nobody else is touched.
class RequestActor {
public:
  using Base = request_actor::base;
  static constexpr const char* name = "RequestActor";

  RequestActor(request_actor::pointer self, RequestParts parts);
  ~RequestActor();

  [[nodiscard]] request_actor::behavior_type make_behavior();

private:
  template <class T> using Promise = caf::typed_response_promise<T>;
  using Machine = RequestMachine;
  using Step = Machine::Step;
  using Millis = std::chrono::milliseconds;
  using Outcome = std::variant<LLMResponse, LLMError>;

  /// Whom the open question was put to.
  enum class Colleague : std::uint8_t { role, models, client };
  struct Asked {
    Colleague whom;
    std::uint64_t generation;
    Step step;
  };

  // Messages.
  Promise<LLMResponse> submit(LLMRequest request, stream_subscriber subscriber);
  Promise<EmbedResponse> embed(EmbedRequest request);
  caf::result<QueuePosition> position();
  caf::result<Ack> subscribe(const RequestId& id, const stream_subscriber& subscriber);
  caf::result<Ack> unsubscribe(const RequestId& id, const stream_subscriber& subscriber);
  caf::result<LLMResponse> follow(const RequestId& run, const RequestId& id,
                                  const std::vector<stream_subscriber>& subscribers);
  caf::result<bool> unfollow(const RequestId& run, const RequestId& id, const LLMError& error);
  void replace();
  void take(ComponentsPtr components);
  void close(const LLMError& error, bool streaming_alive);
  void on_abandoned();

  // The machine.
  void begin(Machine::Order order);
  /// Hands an event to the machine and does what it says. Nothing is thrown.
  void take(const Machine::Event& event) noexcept;
  void reply(Step step, Machine::Reply reply) { take(Machine::Happened{step, std::move(reply)}); }
  void on_fault(const std::string& what);
  void on_event_while_faulty(const Machine::Event& event);
  void begin_anew(const std::string& what);
  /// Ends with an error; the destructor tells everybody.
  void give_up(const std::string& what);

  void perform(const Machine::Admit& action);
  void perform(const Machine::Follow& action);
  void perform(const Machine::Resolve& action);
  void perform(const Machine::Send& action);
  void perform(const Machine::Judge& action);
  void perform(const Machine::Heal& action);
  void perform(const Machine::Pause& action);
  void perform(const Machine::Abort&);
  void perform(const Machine::RestartStream& action);
  void perform(const Machine::AnswerCaller& action);
  void perform(const Machine::Count& action);
  void perform(const Machine::Log& action);
  void perform(const Machine::Conclude& action);

  void on_admission(Step step, Admission& admission);
  /// Tells the subscribers of a stream that waits whether its model is being loaded, until it is.
  void probe_loading(Step step, bool told);
  /// Whoever takes the reply of a colleague: an error that is not its death is a `Failed`.
  [[nodiscard]] std::function<void(const caf::error&)> on_error(Step step,
                                                                std::string_view component);
  void asks(Colleague whom, Step step);
  [[nodiscard]] std::uint64_t generation(Colleague whom) const;
  [[nodiscard]] std::string_view name_of(Colleague whom) const;
  /// A fresh RoleActor waits for a word of every request.
  void report_to_role();
  void ask_position(std::shared_ptr<GuardedAnswer<QueuePosition>> answer);
  void join_leader(const RequestId& id, const stream_subscriber& subscriber,
                   std::shared_ptr<GuardedAnswer<Ack>> answer);
  void join_stream(const RequestId& id, const stream_subscriber& subscriber,
                   std::shared_ptr<GuardedAnswer<Ack>> answer);
  /// At once, or when there is a successor of the one that was asked.
  void once_replaced(std::uint64_t asked, Colleague whom, std::function<void()> job);
  void update_interest();

  /// With the text so far, where there is some that the error does not hold.
  void answer_caller(const LLMError& error);
  void deliver_error(const LLMError& error);
  void end_stream(const Outcome& outcome);
  /// Ends the own session of the stream.
  void finish_session(const Outcome& outcome) const;
  /// Takes leave of the request that was followed, and ends the stream where that one does not.
  void leave_leader(const LLMError& error);
  void conclude_badly(const LLMError& error);
  void forget_requester();
  void end_if_done();
  /// How it has ended, where that was an error.
  [[nodiscard]] LLMError end_or(const LLMError& error) const;
  void after(Millis wait, std::function<void()> job);

  [[nodiscard]] Machine::Time now() const { return self_->clock().now(); }
  [[nodiscard]] const LLMClientConfig& config() const { return *parts_.components->config; }
  [[nodiscard]] const ollama_client_actor& client() const {
    return parts_.components->client.handle;
  }
  [[nodiscard]] const model_manager_actor& models() const {
    return parts_.components->models.handle;
  }
  [[nodiscard]] const role_actor& role() const {
    return parts_.components->role(parts_.role).handle;
  }
  [[nodiscard]] bool is_over() const {
    return !machine_ || machine_->stage() == Machine::Stage::over;
  }
  [[nodiscard]] bool is_following() const {
    return machine_ && machine_->stage() == Machine::Stage::following;
  }

  request_actor::pointer self_;
  RequestParts parts_;
  RequestId run_;
  Watcher watcher_;
  Machine::Order order_;
  std::optional<Machine> machine_; ///< once the request has come
  bool begun_anew_ = false;
  bool faulty_ = false; ///< whether it may begin anew is being found out

  LLMRequest draft_;                  ///< as the caller wants it
  LLMRequest request_;                ///< as the RoleActor completed it
  std::optional<EmbedRequest> texts_; ///< of an embedding
  std::optional<EmbedResponse> vectors_;

  Promise<LLMResponse> promise_;
  Promise<EmbedResponse> embed_promise_;
  caf::strong_actor_ptr requester_; ///< null where the message was anonymous
  std::unordered_map<RequestId, Promise<LLMResponse>> followers_; ///< by run id
  CataloguePtr catalogue_;
  request_actor leader_; ///< of whom this one is a follower
  std::optional<Asked> asked_;
  std::optional<RequestStream> stream_;
  std::optional<Outcome> outcome_;
  std::optional<LLMError> late_error_; ///< the caller gets it with the text so far
  std::optional<LLMError> leaving_;    ///< the end of a stream that may be the leader's
  bool stream_through_ = false;
  bool closing_ = false;    ///< there is no time for another question
  bool taken_ = false;      ///< the leader has the subscribers
  bool led_to_end_ = false; ///< and has told them their end
  std::size_t errands_ = 0; ///< questions whose answer is waited for, though nobody else does
  std::vector<std::function<void()>> at_next_components_;
  std::unordered_map<std::uint64_t, std::function<void()>> jobs_;
  std::uint64_t last_job_ = 0;
};

[[nodiscard]] request_actor spawn_request(caf::actor_system& system, RequestParts parts);

} // namespace nexus::llm
