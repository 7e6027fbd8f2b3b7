// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/demo/demo_actors.hpp"

#include <optional>
#include <utility>

#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm::cli {

namespace {

GenerateOptions options_for(const RequestId& id) {
  GenerateOptions options;
  options.id = id;
  options.max_tokens = demo_max_tokens;
  return options;
}

/// Common base of both actors: shows the stream of a role. The answer to a request may arrive
/// before the end of its stream; it is forwarded once all of the stream was shown.
class Speaker {
public:
  using Done = std::function<void(const LLMResponse&)>;

  Speaker(std::string who, DemoView view) : who_{std::move(who)}, view_{std::move(view)} {}

  /// Prepares for a request; `done` gets the answer after its last chunk.
  void expect(Done done) {
    begun_ = ended_ = false;
    answer_.reset();
    done_ = std::move(done);
    view_.wait(who_);
  }

  void on_answer(LLMResponse answer) {
    answer_ = std::move(answer);
    pass_on();
  }

  void on_chunk(const LLMStreamChunk& chunk) {
    if (!begun_) {
      begun_ = true;
      view_.begin(who_ + " (" + chunk.model + ")");
    }
    if (!chunk.response.empty())
      view_.text(chunk.response);
    if (chunk.done) {
      view_.end(*chunk.final);
      ended_ = true;
      pass_on();
    }
  }

  void on_error(const StreamError& error) {
    begun_ = false;
    if (category(error.error.code) != ErrorCategory::cancelled)
      view_.note(sentence(error.error));
  }

  void on_progress(const RequestProgress& progress) {
    if (progress.phase == Phase::loading)
      view_.note("Ollama is loading " + progress.model + " ...");
    if (progress.phase == Phase::retrying || progress.phase == Phase::restarted) {
      begun_ = false;
      view_.note("The answer has to start over.");
    }
  }

private:
  void pass_on() {
    if (!ended_ || !answer_)
      return;
    const auto answer = *std::exchange(answer_, std::nullopt);
    std::exchange(done_, nullptr)(answer);
  }

  std::string who_;
  DemoView view_;
  bool begun_ = false;
  bool ended_ = false;
  std::optional<LLMResponse> answer_;
  Done done_;
};

class DemoImplementation {
public:
  using Base = demo_implementation::base;
  static constexpr const char* name = "DemoImplementation";

  DemoImplementation(demo_implementation::pointer self, role_handle role, DemoView view)
      : self_{self}, role_{std::move(role)}, speaker_{"implementation", std::move(view)} {}

  demo_implementation::behavior_type make_behavior() {
    return {
        [this](const std::string& task) {
          auto promise = self_->make_response_promise<LLMResponse>();
          speaker_.expect(
              [promise](const LLMResponse& answer) mutable { promise.deliver(answer); });
          ask_watched(self_, role_, generate_streaming_atom_v,
                      "Write the code for this task, in C++, as one short function: " + task,
                      options_for(demo_code), stream_subscriber{demo_implementation{self_}})
              .then([this](LLMResponse& answer) { speaker_.on_answer(std::move(answer)); },
                    [promise](caf::error& error) mutable { promise.deliver(std::move(error)); });
          return promise;
        },
        [this](const LLMStreamChunk& chunk) { speaker_.on_chunk(chunk); },
        [this](const StreamError& error) { speaker_.on_error(error); },
        [this](const RequestProgress& progress) { speaker_.on_progress(progress); },
    };
  }

private:
  demo_implementation::pointer self_;
  role_handle role_;
  Speaker speaker_;
};

class DemoOverseer {
public:
  using Base = demo_overseer::base;
  static constexpr const char* name = "DemoOverseer";

  DemoOverseer(demo_overseer::pointer self, role_handle role, demo_implementation implementation,
               DemoView view)
      : self_{self}, role_{std::move(role)},
        implementation_{std::move(implementation)}, speaker_{"overseer", std::move(view)} {}

  ~DemoOverseer() {
    if (promise_.pending())
      promise_.deliver(to_caf_error({.code = ErrorCode::component_failed, .subject = name}));
  }

  demo_overseer::behavior_type make_behavior() {
    return {
        [this](const std::string& goal) {
          promise_ = self_->make_response_promise<LLMResponse>();
          auto promise = promise_;
          plan(goal);
          return promise;
        },
        [this](const LLMStreamChunk& chunk) { speaker_.on_chunk(chunk); },
        [this](const StreamError& error) { speaker_.on_error(error); },
        [this](const RequestProgress& progress) { speaker_.on_progress(progress); },
    };
  }

private:
  /// Sends a streaming request to the role; `done` gets the answer once all of it was shown.
  template <class Atom, class Content>
  void say(Atom atom, Content content, const RequestId& id, Speaker::Done done) {
    speaker_.expect(std::move(done));
    ask_watched(self_, role_, atom, std::move(content), options_for(id),
                stream_subscriber{demo_overseer{self_}})
        .then([this](LLMResponse& answer) { speaker_.on_answer(std::move(answer)); },
              [this](caf::error& error) { promise_.deliver(std::move(error)); });
  }

  void plan(const std::string& goal) {
    say(generate_streaming_atom_v, "Plan in three short steps how to reach this goal: " + goal,
        demo_plan, [this, goal](const LLMResponse& plan) { implement(goal, plan.response); });
  }

  void implement(const std::string& goal, const std::string& plan) {
    ask_watched(self_, implementation_, goal + "\nThe plan is:\n" + plan)
        .then([this, plan](const LLMResponse& code) { review(plan, code.response); },
              [this](caf::error& error) { promise_.deliver(std::move(error)); });
  }

  void review(const std::string& plan, const std::string& code) {
    const std::vector<ChatMessage> conversation{
        {.role = ChatRole::assistant, .content = plan},
        {.role = ChatRole::user,
         .content = "Review in two sentences the code that was written:\n\n" + code}};
    say(chat_streaming_atom_v, conversation, demo_review,
        [this](const LLMResponse& verdict) { promise_.deliver(verdict); });
  }

  demo_overseer::pointer self_;
  role_handle role_;
  demo_implementation implementation_;
  Speaker speaker_;
  caf::typed_response_promise<LLMResponse> promise_;
};

} // namespace

demo_implementation spawn_demo_implementation(caf::actor_system& system, role_handle role,
                                              DemoView view) {
  return spawn_state<DemoImplementation>(system, std::move(role), std::move(view));
}

demo_overseer spawn_demo_overseer(caf::actor_system& system, role_handle role,
                                  demo_implementation implementation, DemoView view) {
  return spawn_state<DemoOverseer>(system, std::move(role), std::move(implementation),
                                   std::move(view));
}

} // namespace nexus::llm::cli
