// SPDX-License-Identifier: BSD-3-Clause
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
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

/// What a RequestActor needs.
struct RequestParts {
  RequestId id;
  std::uint64_t number = 0; ///< in the order of arrival
  AIRole role = AIRole::overseer;
  RequestMachine::Time accepted = {};
  ComponentsPtr components;
  caf::strong_actor_ptr owner; ///< a `request_owner`
  Chance chance = {};
  Log log = {};
  /// For tests: called with each event; may throw.
  std::function<void(const RequestMachine::Event&)> before_event = {};
};

/// RequestActor: one accepted request (a prompt, a conversation, or texts to embed), from its
/// message to its single reply and the end of its stream. Accepts the messages of `request_actor`.
/// Owns the response promise of the caller and runs the `RequestMachine`:
/// sends its queries to the components and feeds the replies back. Queries restarted components
/// again as the machine decides.
///
/// Identical requests may follow it: they get its response, and their subscribers listen to its
/// stream. It continues for them if its own requester is gone.
///
/// A fault in its logic restarts the request, once, if no chunk of it was seen. Otherwise, and when
/// this actor dies, its caller and its followers get `component_failed`, its subscribers get their
/// final message, and the work that it had started is cancelled. No other request is affected.
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

  /// The component that the open query was sent to.
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
  [[nodiscard]] caf::result<RunningRequest> state_now() const;
  [[nodiscard]] Phase phase_now() const;
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
  /// Passes an event to the machine and performs its actions. Catches everything.
  void take(const Machine::Event& event) noexcept;
  void reply(Step step, Machine::Reply reply) { take(Machine::Happened{step, std::move(reply)}); }
  void on_fault(const std::string& what);
  void on_event_while_faulty(const Machine::Event& event);
  void begin_anew(const std::string& what);
  /// Terminates with an error; the destructor notifies the callers and subscribers.
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
  /// Notifies the subscribers while the model is loading, and when it is loaded.
  void probe_loading(Step step, bool told);
  /// The error handler of a query: an error other than the death of the component becomes `Failed`.
  [[nodiscard]] std::function<void(const caf::error&)> on_error(Step step,
                                                                std::string_view component);
  void asks(Colleague whom, Step step);
  [[nodiscard]] std::uint64_t generation(Colleague whom) const;
  [[nodiscard]] std::string_view name_of(Colleague whom) const;
  /// Reports to a restarted RoleActor, which waits for every request.
  void report_to_role();
  void ask_position(std::shared_ptr<GuardedAnswer<QueuePosition>> answer);
  void join_leader(const RequestId& id, const stream_subscriber& subscriber,
                   std::shared_ptr<GuardedAnswer<Ack>> answer);
  void join_stream(const RequestId& id, const stream_subscriber& subscriber,
                   std::shared_ptr<GuardedAnswer<Ack>> answer);
  /// Runs `job` at once if the component was replaced, otherwise when it is.
  void once_replaced(std::uint64_t asked, Colleague whom, std::function<void()> job);
  void update_interest();

  /// Answers the caller, with the text so far if there is one that the error does not hold.
  void answer_caller(const LLMError& error);
  void deliver_error(const LLMError& error);
  void end_stream(const Outcome& outcome);
  /// Ends the request's own session of the stream.
  void finish_session(const Outcome& outcome) const;
  /// Leaves the leader, and ends the stream if the leader does not.
  void leave_leader(const LLMError& error);
  void conclude_badly(const LLMError& error);
  void end_if_done();
  /// The error that the request has ended with, or `error`.
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
  std::optional<Machine> machine_; ///< set once the request has arrived
  bool begun_anew_ = false;
  bool faulty_ = false; ///< it is being checked whether the request may restart

  LLMRequest draft_;                  ///< as sent by the caller
  LLMRequest request_;                ///< as completed by the RoleActor
  std::optional<EmbedRequest> texts_; ///< of an embedding
  std::optional<EmbedResponse> vectors_;

  Promise<LLMResponse> promise_;
  Promise<EmbedResponse> embed_promise_;
  std::unordered_map<RequestId, Promise<LLMResponse>> followers_; ///< by run id
  CataloguePtr catalogue_;
  request_actor leader_; ///< the request that this one follows
  std::optional<Asked> asked_;
  std::optional<RequestStream> stream_;
  std::optional<Outcome> outcome_;
  std::optional<LLMError> late_error_; ///< the caller gets it together with the text so far
  std::optional<LLMError> leaving_;    ///< the final error of a stream that the leader may end
  bool stream_through_ = false;
  bool loading_ = false;    ///< the model of this attempt was loading when it was last checked
  bool closing_ = false;    ///< no further query is possible
  bool taken_ = false;      ///< the leader has accepted the subscribers
  bool led_to_end_ = false; ///< the leader has sent them their final message
  std::size_t errands_ = 0; ///< open queries that keep this actor alive
  std::vector<std::function<void()>> at_next_components_;
  std::unordered_map<std::uint64_t, std::function<void()>> jobs_;
  std::uint64_t last_job_ = 0;
};

[[nodiscard]] request_actor spawn_request(caf::actor_system& system, RequestParts parts);

} // namespace nexus::llm
