// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/llm_integration.hpp"

#include <variant>

#include "nexus_llm/portability_actors.hpp"
#include "runtime/channel.hpp"

namespace nexus::llm {

namespace {

/// Guards against a fault only: the system answers every request within its own time budgets.
constexpr std::chrono::hours answer_deadline{24 * 7};

/// How long to wait for the end of a stream after the answer to its requester.
constexpr std::chrono::seconds end_deadline{10};

using Outcome = Result<LLMResponse>;
using StreamNews = std::variant<LLMStreamChunk, StreamError, RequestProgress, Outcome>;
using NewsChannel = std::shared_ptr<Channel<StreamNews>>;

/// Appends a chunk to a pending one. Never merges other messages.
bool merge_chunks(StreamNews& last, StreamNews& next) {
  auto* waiting = std::get_if<LLMStreamChunk>(&last);
  auto* chunk = std::get_if<LLMStreamChunk>(&next);
  if (waiting == nullptr || chunk == nullptr)
    return false;
  if (chunk->restarted)
    *waiting = std::move(*chunk);
  else
    waiting->append(*chunk);
  return true;
}

/// Sends a streaming request and passes its stream and its answer to a blocking thread.
class StreamClient {
public:
  using Base = stream_subscriber::base;
  static constexpr const char* name = "StreamClient";
  /// Creates the request message for a subscriber.
  using Request = std::function<caf::message(const stream_subscriber&)>;

  StreamClient(stream_subscriber::pointer self, role_handle role, const Request& request,
               NewsChannel channel)
      : self_{self}, channel_{std::move(channel)} {
    auto push = [this](Outcome outcome) { channel_->push(std::move(outcome), merge_chunks); };
    ask_watched_made(self_, role, request(self_))
        .then([push](LLMResponse& response) { push(std::move(response)); },
              [push](const caf::error& error) { push(failure(to_llm_error(error))); });
  }

  stream_subscriber::behavior_type make_behavior() {
    return {
        [this](LLMStreamChunk& chunk) { channel_->push(std::move(chunk), merge_chunks); },
        [this](StreamError& error) { channel_->push(std::move(error), merge_chunks); },
        [this](RequestProgress& progress) { channel_->push(std::move(progress), merge_chunks); },
    };
  }

private:
  stream_subscriber::pointer self_;
  NewsChannel channel_;
};

using TransferNews = std::variant<PullProgress, Result<Ack>>;

/// Requests a model transfer or `create_model` and passes the reports and the answer to a blocking
/// thread.
class TransferClient {
public:
  using Base = pull_subscriber::base;
  using News = TransferNews;
  static constexpr const char* name = "TransferClient";
  /// Creates the request message for a subscriber.
  using Request = std::function<caf::message(const pull_subscriber&)>;

  TransferClient(pull_subscriber::pointer self, models_handle models, const Request& request,
                 std::shared_ptr<Channel<News>> channel)
      : self_{self}, channel_{std::move(channel)} {
    ask_watched_made(self_, models, request(self_))
        .then([this](Ack ack) { push(Result<Ack>{ack}); },
              [this](const caf::error& error) { push(Result<Ack>{failure(to_llm_error(error))}); });
  }

  pull_subscriber::behavior_type make_behavior() {
    return {[this](PullProgress& progress) { push(std::move(progress)); }};
  }

private:
  void push(News news) {
    // A slow thread only needs the newest report.
    channel_->push(std::move(news), [](News& last, News& next) {
      if (!std::holds_alternative<PullProgress>(last) ||
          !std::holds_alternative<PullProgress>(next))
        return false;
      last = std::move(next);
      return true;
    });
  }

  pull_subscriber::pointer self_;
  std::shared_ptr<Channel<News>> channel_;
};

/// Terminates a helper actor of this thread, also if a callback throws, which cancels its request.
template <class Handle> class Helper {
public:
  explicit Helper(Handle actor) : actor_{std::move(actor)} {}
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;
  ~Helper() { anon_exit(actor_, caf::exit_reason::user_shutdown); }

private:
  Handle actor_;
};

/// Creates a message that `Handle` accepts.
template <class Handle, class... Ts> caf::message request_for(const Ts&... content) {
  static_assert(accepts<Handle, Ts...>, "the receiver takes no such message");
  return caf::make_message(content...);
}

Result<void> without_value(const Result<Ack>& result) {
  if (!result)
    return failure(result.error());
  return {};
}

} // namespace

LLMIntegration::LLMIntegration(caf::actor_system& system, LLMHandles handles)
    : system_{system}, llm_{std::move(handles)} {}

template <class T, class Handle, class... Ts>
Result<T> LLMIntegration::call(const Handle& receiver, const Ts&... content) {
  return wait_for<T>(caf::actor_cast<caf::actor>(receiver), request_for<Handle>(content...));
}

template <class T>
Result<T> LLMIntegration::wait_for(const caf::actor& receiver, const caf::message& request) {
  Result<T> result = failure(ErrorCode::internal_error, "");
  caf::scoped_actor self{system_};
  ask_made(self.ptr(), receiver, answer_deadline, request)
      .receive([&result](T& answer) { result = std::move(answer); },
               [&result](const caf::error& error) { result = failure(to_llm_error(error)); });
  return result;
}

Result<bool> LLMIntegration::check_model_available(const std::string& model_name) {
  return call<bool>(llm_.models, check_model_atom_v, model_name);
}

Result<std::vector<ModelStatus>> LLMIntegration::list_available_models() {
  return call<ModelList>(llm_.models, list_models_atom_v).map([](ModelList&& list) {
    return std::move(list.models);
  });
}

Result<std::string> LLMIntegration::get_model_for_role(AIRole role) {
  return call<std::string>(llm_.models, get_model_for_role_atom_v, role);
}

Result<ModelConfig> LLMIntegration::set_model_for_role(AIRole role, const std::string& model_name) {
  return call<ModelConfig>(llm_.models, set_model_for_role_atom_v, role, model_name);
}

Result<LLMResponse> LLMIntegration::generate(const std::string& prompt, AIRole role,
                                             const GenerateOptions& options) {
  return call<LLMResponse>(llm_.role(role), generate_atom_v, prompt, options);
}

Result<LLMResponse> LLMIntegration::chat(const std::vector<ChatMessage>& messages, AIRole role,
                                         const GenerateOptions& options) {
  return call<LLMResponse>(llm_.role(role), chat_atom_v, messages, options);
}

Result<LLMResponse> LLMIntegration::generate_streaming(const std::string& prompt, AIRole role,
                                                       const ChunkCallback& callback,
                                                       const GenerateOptions& options,
                                                       const ProgressCallback& progress) {
  return stream(
      [&prompt](const GenerateOptions& completed, const stream_subscriber& subscriber) {
        return request_for<role_handle>(generate_streaming_atom_v, prompt, completed, subscriber);
      },
      role, callback, options, progress);
}

Result<LLMResponse> LLMIntegration::chat_streaming(const std::vector<ChatMessage>& messages,
                                                   AIRole role, const ChunkCallback& callback,
                                                   const GenerateOptions& options,
                                                   const ProgressCallback& progress) {
  return stream(
      [&messages](const GenerateOptions& completed, const stream_subscriber& subscriber) {
        return request_for<role_handle>(chat_streaming_atom_v, messages, completed, subscriber);
      },
      role, callback, options, progress);
}

Result<LLMResponse> LLMIntegration::stream(const StreamRequest& request, AIRole role,
                                           const ChunkCallback& callback,
                                           const GenerateOptions& given,
                                           const ProgressCallback& progress) {
  auto options = given;
  if (options.id.value.empty())
    options.id = make_request_id();
  const auto channel = std::make_shared<Channel<StreamNews>>();
  const Helper<stream_subscriber> client{spawn_state<StreamClient>(
      system_, llm_.role(role),
      [&request, &options](const stream_subscriber& self) { return request(options, self); },
      channel)};
  std::optional<Outcome> outcome;
  std::uint64_t seq = 0;
  bool ended = false;
  bool wanted = true;
  while (!outcome || (*outcome && !ended)) {
    auto news = outcome ? channel->pop_within(end_deadline) : channel->pop();
    if (!news)
      break;
    if (auto* answer = std::get_if<Outcome>(&*news)) {
      outcome = std::move(*answer);
    } else if (auto* chunk = std::get_if<LLMStreamChunk>(&*news)) {
      if (chunk->restarted)
        seq = 0;
      chunk->seq = seq++;
      ended = chunk->done;
      if (wanted && callback && !callback(*chunk)) {
        wanted = false;
        anon_tell(llm_.role(role), cancel_atom_v, options.id);
      }
    } else if (std::holds_alternative<StreamError>(*news)) {
      ended = true;
    } else if (progress) {
      progress(std::get<RequestProgress>(*news));
    }
  }
  return std::move(*outcome);
}

Result<LLMClientConfig> LLMIntegration::load_config() {
  return call<LLMClientConfig>(llm_.config, get_config_atom_v);
}

Result<LLMClientConfig> LLMIntegration::save_config(const LLMClientConfig& config) {
  return call<LLMClientConfig>(llm_.config, save_config_atom_v, config);
}

Result<LLMClientConfig> LLMIntegration::update_config(const std::string& merge_patch) {
  return call<LLMClientConfig>(llm_.config, update_config_atom_v, merge_patch);
}

Result<LLMClientConfig> LLMIntegration::reload_config() {
  return call<LLMClientConfig>(llm_.config, reload_config_atom_v);
}

Result<EmbedResponse> LLMIntegration::embed(const EmbedRequest& request, AIRole role) {
  return call<EmbedResponse>(llm_.role(role), embed_atom_v, request);
}

Result<BatchResponse> LLMIntegration::batch(const std::vector<std::string>& prompts, AIRole role,
                                            const GenerateOptions& options) {
  return call<BatchResponse>(llm_.role(role), batch_atom_v, prompts, options);
}

Result<bool> LLMIntegration::cancel(AIRole role, const RequestId& id) {
  return call<bool>(llm_.role(role), cancel_atom_v, id);
}

Result<ModelDetails> LLMIntegration::show_model(const std::string& model_name) {
  return call<ModelDetails>(llm_.models, show_model_atom_v, model_name);
}

Result<RunningModels> LLMIntegration::running_models() {
  return call<RunningModels>(llm_.models, running_models_atom_v);
}

Result<void> LLMIntegration::load_model(const std::string& model_name,
                                        const KeepAlive& keep_alive) {
  return without_value(call<Ack>(llm_.models, load_model_atom_v, model_name, keep_alive));
}

Result<void> LLMIntegration::unload_model(const std::string& model_name) {
  return without_value(call<Ack>(llm_.models, unload_model_atom_v, model_name));
}

Result<void> LLMIntegration::pull_model(const std::string& model_name,
                                        const PullCallback& progress) {
  return pull_model(ModelTransfer{.model = model_name}, progress);
}

Result<void> LLMIntegration::pull_model(const ModelTransfer& request,
                                        const PullCallback& progress) {
  return transfer(
      [&request](const pull_subscriber& subscriber) {
        return request_for<models_handle>(pull_model_atom_v, request, subscriber);
      },
      progress);
}

Result<void> LLMIntegration::push_model(const ModelTransfer& request,
                                        const PullCallback& progress) {
  return transfer(
      [&request](const pull_subscriber& subscriber) {
        return request_for<models_handle>(push_model_atom_v, request, subscriber);
      },
      progress);
}

Result<void> LLMIntegration::create_model(const CreateRequest& request,
                                          const PullCallback& progress) {
  return transfer(
      [&request](const pull_subscriber& subscriber) {
        return request_for<models_handle>(create_model_atom_v, request, subscriber);
      },
      progress);
}

Result<std::string> LLMIntegration::upload_blob(const std::string& file) {
  return call<std::string>(llm_.models, upload_blob_atom_v, file);
}

Result<void> LLMIntegration::transfer(const TransferRequest& request,
                                      const PullCallback& progress) {
  const auto channel = std::make_shared<Channel<TransferNews>>();
  const Helper<pull_subscriber> client{
      spawn_state<TransferClient>(system_, llm_.models, request, channel)};
  std::optional<Result<Ack>> outcome;
  // The answer may overtake the last report, so wait for that report if the caller wants progress.
  bool ended = !progress;
  while (!outcome || (*outcome && !ended)) {
    auto news = outcome ? channel->pop_within(end_deadline) : channel->pop();
    if (!news)
      break;
    if (auto* answer = std::get_if<Result<Ack>>(&*news)) {
      outcome = std::move(*answer);
    } else if (progress) {
      const auto& report = std::get<PullProgress>(*news);
      ended = report.status == "success";
      progress(report);
    }
  }
  return without_value(*outcome);
}

Result<void> LLMIntegration::delete_model(const std::string& model_name) {
  return without_value(call<Ack>(llm_.models, delete_model_atom_v, model_name));
}

Result<void> LLMIntegration::copy_model(const std::string& source, const std::string& destination) {
  return without_value(call<Ack>(llm_.models, copy_model_atom_v, source, destination));
}

Result<std::string> LLMIntegration::version() {
  return call<std::string>(llm_.models, version_atom_v);
}

Result<Health> LLMIntegration::health() { return call<Health>(llm_.health, health_atom_v); }

Result<RunningRequests> LLMIntegration::running_requests(AIRole role) {
  return call<RunningRequests>(llm_.role(role), requests_atom_v);
}

Result<RoleStats> LLMIntegration::stats(AIRole role) {
  return call<RoleStats>(llm_.role(role), stats_atom_v);
}

} // namespace nexus::llm
