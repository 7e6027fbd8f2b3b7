// SPDX-License-Identifier: BSD-3-Clause
#include "actors/handles/role_handle.hpp"

#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

namespace {

LLMRequest new_request(RequestKind kind, GenerateOptions options, bool stream) {
  LLMRequest request;
  static_cast<GenerateOptions&>(request) = std::move(options);
  request.kind = kind;
  request.stream = stream;
  return request;
}

LLMRequest request_for(std::string& prompt, GenerateOptions options, bool stream) {
  auto request = new_request(RequestKind::generate, std::move(options), stream);
  request.prompt = std::move(prompt);
  return request;
}

LLMRequest request_for(std::vector<ChatMessage>& messages, GenerateOptions options, bool stream) {
  auto request = new_request(RequestKind::chat, std::move(options), stream);
  request.messages = std::move(messages);
  return request;
}

class RoleHandle {
public:
  using Base = role_front::base;
  static constexpr const char* name = "RoleHandle";

  RoleHandle(role_front::pointer self, AIRole role) : self_{self}, role_{role} {
    self_->set_exit_handler([self](caf::exit_msg& message) {
      if (message.reason == caf::exit_reason::kill)
        self->quit(message.reason);
    });
  }

  template <class T, class Atom, class... Ts> caf::result<T> pass(Atom atom, Ts... content) {
    if (!service_) {
      (refuse(content), ...);
      return to_caf_error(gone_);
    }
    return forward_to(self_, service_, atom, role_, std::move(content)...);
  }

  /// The subscriber of a stream that cannot start gets the error, too.
  template <class T> void refuse(const T& part) {
    if constexpr (std::is_same_v<T, LLMRequest>)
      refused_ = part.stream ? part.id : RequestId{};
    else if constexpr (std::is_same_v<T, stream_subscriber>)
      anon_tell(part, StreamError{refused_, gone_});
  }

  role_front::behavior_type make_behavior() {
    return {
        [this](const llm_service& service) { service_ = service; },
        [this](finish_atom, LLMError& error) {
          service_ = llm_service{};
          gone_ = std::move(error);
        },
        [this](generate_atom, std::string& prompt) {
          return pass<LLMResponse>(submit_atom_v, request_for(prompt, {}, false));
        },
        [this](generate_atom, std::string& prompt, GenerateOptions& options) {
          return pass<LLMResponse>(submit_atom_v, request_for(prompt, std::move(options), false));
        },
        [this](generate_streaming_atom, std::string& prompt, GenerateOptions& options,
               stream_subscriber& subscriber) {
          return pass<LLMResponse>(submit_atom_v, request_for(prompt, std::move(options), true),
                                   std::move(subscriber));
        },
        [this](chat_atom, std::vector<ChatMessage>& messages, GenerateOptions& options) {
          return pass<LLMResponse>(submit_atom_v, request_for(messages, std::move(options), false));
        },
        [this](chat_streaming_atom, std::vector<ChatMessage>& messages, GenerateOptions& options,
               stream_subscriber& subscriber) {
          return pass<LLMResponse>(submit_atom_v, request_for(messages, std::move(options), true),
                                   std::move(subscriber));
        },
        [this](batch_atom, std::vector<std::string>& prompts, GenerateOptions& options) {
          return pass<BatchResponse>(batch_atom_v, std::move(prompts), std::move(options));
        },
        [this](embed_atom, EmbedRequest& request) {
          return pass<EmbedResponse>(embed_atom_v, std::move(request));
        },
        [this](cancel_atom, RequestId& id) { return pass<bool>(cancel_atom_v, std::move(id)); },
        [this](position_atom, RequestId& id) {
          return pass<QueuePosition>(position_atom_v, std::move(id));
        },
        [this](subscribe_atom, RequestId& id, stream_subscriber& subscriber) {
          return pass<Ack>(subscribe_atom_v, std::move(id), std::move(subscriber));
        },
        [this](unsubscribe_atom, RequestId& id, stream_subscriber& subscriber) {
          return pass<Ack>(unsubscribe_atom_v, std::move(id), std::move(subscriber));
        },
        [this](stats_atom) { return pass<RoleStats>(stats_atom_v); },
        [this](requests_atom) { return pass<RunningRequests>(requests_atom_v); },
    };
  }

private:
  role_front::pointer self_;
  AIRole role_;
  RequestId refused_;
  llm_service service_; ///< null while there is none
  LLMError gone_{.code = ErrorCode::shutting_down};
};

} // namespace

role_front spawn_role_handle(caf::actor_system& system, AIRole role) {
  return spawn_state<RoleHandle>(system, role);
}

} // namespace nexus::llm
