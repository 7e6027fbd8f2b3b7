#include "runtime/cli/demo_actors.hpp"

namespace nexus::llm::cli {

namespace {

/// Enough for a person to see it work, few enough to be quick.
constexpr std::uint32_t max_tokens = 160;

GenerateOptions options_for(const RequestId& id) {
  GenerateOptions options;
  options.id = id;
  options.max_tokens = max_tokens;
  return options;
}

/// What both actors have in common: they show what their role streams.
class Speaker {
public:
  Speaker(std::string who, DemoView view) : who_{std::move(who)}, view_{std::move(view)} {}

  void on_chunk(const LLMStreamChunk& chunk) {
    if (!begun_) {
      begun_ = true;
      view_.begin(who_ + " (" + chunk.model + ")");
    }
    if (!chunk.response.empty())
      view_.text(chunk.response);
    if (chunk.done) {
      begun_ = false;
      view_.end(*chunk.final);
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
  std::string who_;
  DemoView view_;
  bool begun_ = false;
};

class DemoImplementation {
public:
  using Base = demo_implementation::base;
  static constexpr const char* name = "DemoImplementation";

  DemoImplementation(demo_implementation::pointer self, role_actor role, DemoView view)
      : self_{self}, role_{std::move(role)}, speaker_{"implementation", std::move(view)} {}

  demo_implementation::behavior_type make_behavior() {
    return {
        [this](const std::string& task) {
          return forward_to(self_, role_, generate_streaming_atom_v,
                            "Write the code for this task, in C++, as one short function: " + task,
                            options_for(demo_code), stream_subscriber{demo_implementation{self_}});
        },
        [this](const LLMStreamChunk& chunk) { speaker_.on_chunk(chunk); },
        [this](const StreamError& error) { speaker_.on_error(error); },
        [this](const RequestProgress& progress) { speaker_.on_progress(progress); },
    };
  }

private:
  demo_implementation::pointer self_;
  role_actor role_;
  Speaker speaker_;
};

class DemoOverseer {
public:
  using Base = demo_overseer::base;
  static constexpr const char* name = "DemoOverseer";

  DemoOverseer(demo_overseer::pointer self, role_actor role, demo_implementation implementation,
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
  void plan(const std::string& goal) {
    ask_watched(self_, role_, generate_streaming_atom_v,
                "Plan in three short steps how to reach this goal: " + goal, options_for(demo_plan),
                stream_subscriber{demo_overseer{self_}})
        .then([this, goal](const LLMResponse& plan) { implement(goal, plan.response); },
              [this](caf::error& error) { promise_.deliver(std::move(error)); });
  }

  void implement(const std::string& goal, const std::string& plan) {
    ask_watched(self_, implementation_, goal + "\nThe plan is:\n" + plan)
        .then([this, plan](const LLMResponse& code) { review(plan, code.response); },
              [this](caf::error& error) { promise_.deliver(std::move(error)); });
  }

  void review(const std::string& plan, const std::string& code) {
    const std::vector<ChatMessage> conversation{
        {.role = "assistant", .content = plan},
        {.role = "user",
         .content = "This code was written. Review it in two sentences.\n\n" + code}};
    ask_watched(self_, role_, chat_streaming_atom_v, conversation, options_for(demo_review),
                stream_subscriber{demo_overseer{self_}})
        .then([this](LLMResponse& verdict) { promise_.deliver(std::move(verdict)); },
              [this](caf::error& error) { promise_.deliver(std::move(error)); });
  }

  demo_overseer::pointer self_;
  role_actor role_;
  demo_implementation implementation_;
  Speaker speaker_;
  caf::typed_response_promise<LLMResponse> promise_;
};

} // namespace

demo_implementation spawn_demo_implementation(caf::actor_system& system, role_actor role,
                                              DemoView view) {
  return spawn_state<DemoImplementation>(system, std::move(role), std::move(view));
}

demo_overseer spawn_demo_overseer(caf::actor_system& system, role_actor role,
                                  demo_implementation implementation, DemoView view) {
  return spawn_state<DemoOverseer>(system, std::move(role), std::move(implementation),
                                   std::move(view));
}

} // namespace nexus::llm::cli
