// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "nexus_llm/model_transfer.hpp"
#include "runtime/sidecar/line_writer.hpp"
#include "runtime/sidecar/sidecar_interfaces.hpp"

namespace nexus::llm::sidecar {

/// PullForwarder: one download of a client. Writes its progress as notifications; while a line is
/// not written, only the latest report is kept. Sends the request itself: when it dies, the
/// download is cancelled. Its owner ends it.
class PullForwarder {
public:
  using Base = pull_forwarder::base;
  static constexpr const char* name = "PullForwarder";

  PullForwarder(pull_forwarder::pointer self, models_handle models, ModelTransfer request,
                std::shared_ptr<LineWriter> writer)
      : self_{self}, models_{std::move(models)}, request_{std::move(request)}, writer_{std::move(
                                                                                   writer)} {}

  [[nodiscard]] pull_forwarder::behavior_type make_behavior();

private:
  caf::typed_response_promise<Ack> start();
  caf::result<void> on_report(const PullProgress& progress);
  void answer_if_done();

  pull_forwarder::pointer self_;
  models_handle models_;
  ModelTransfer request_;
  std::shared_ptr<LineWriter> writer_;
  caf::typed_response_promise<Ack> promise_;
  std::function<void()> handled_; ///< returns the credit of the report that is being written
  bool complete_ = false;         ///< the download has succeeded
  bool last_seen_ = false;        ///< its last report has arrived
};

} // namespace nexus::llm::sidecar
