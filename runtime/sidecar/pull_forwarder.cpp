// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/pull_forwarder.hpp"

#include <chrono>
#include <utility>

#include "runtime/sidecar/json_rpc.hpp"
#include "runtime/sidecar/protocol.hpp"
#include "runtime/sidecar/protocol_json.hpp"

namespace nexus::llm::sidecar {

namespace {

/// How long the last report may arrive after the answer.
constexpr std::chrono::seconds report_limit{2};

} // namespace

pull_forwarder::behavior_type PullForwarder::make_behavior() {
  return {
      [this](pull_model_atom) { return start(); },
      [this](tick_atom) {
        if (handled_)
          std::exchange(handled_, {})();
      },
      [this](finish_atom) {
        last_seen_ = true;
        answer_if_done();
      },
      [this](cancel_atom) { return forward_to(self_, models_, cancel_atom_v, request_.id); },
      [this](PullProgress& progress) { return on_report(progress); },
  };
}

caf::typed_response_promise<Ack> PullForwarder::start() {
  promise_ = self_->make_response_promise<Ack>();
  auto answer = promise_;
  ask_watched(self_, models_, pull_model_atom_v, request_, pull_subscriber{pull_forwarder{self_}})
      .then(
          [this](Ack) {
            complete_ = true;
            answer_if_done();
            if (!last_seen_)
              tell_after(self_, report_limit, pull_forwarder{self_}, finish_atom_v);
          },
          [this](caf::error& error) { promise_.deliver(std::move(error)); });
  return answer;
}

caf::result<void> PullForwarder::on_report(const PullProgress& progress) {
  handled_ = promise_nothing(self_);
  json::Document document;
  const auto note = json::to_value(PullNote{.id = request_.id,
                                            .model = progress.model,
                                            .status = progress.status,
                                            .total = progress.total,
                                            .completed = progress.completed},
                                   document.GetAllocator());
  writer_->push(notification_line(PullNote::method, note),
                [self = pull_forwarder{self_}] { anon_tell(self, tick_atom_v); });
  last_seen_ = last_seen_ || progress.status == "success";
  answer_if_done();
  return caf::delegated<void>{};
}

void PullForwarder::answer_if_done() {
  if (complete_ && last_seen_ && promise_.pending())
    promise_.deliver(Ack{});
}

} // namespace nexus::llm::sidecar
