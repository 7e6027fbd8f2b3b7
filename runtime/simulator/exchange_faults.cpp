// SPDX-License-Identifier: BSD-3-Clause
// The effects of faults on the response to a request.
#include "runtime/simulator/exchange.hpp"

#include "runtime/simulator/connection.hpp"
#include "runtime/simulator/json_object.hpp"
#include "runtime/simulator/server.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace nexus::llm::simulator {
namespace {

constexpr std::string_view done_true = R"("done":true)";
constexpr std::string_view wrong_types =
    R"({"model":7,"message":[1,2],"response":7,"done":"no","models":"many","embeddings":7})";

} // namespace

std::string Exchange::text_line(std::string_view text, bool done) const {
  JsonObject line;
  line.text("model", model_);
  if (request_.path() == "/api/chat")
    line.json("message", JsonObject().text("role", "assistant").text("content", text).str());
  else
    line.text("response", text);
  return line.boolean("done", done).str();
}

std::string Exchange::inserted_line() const {
  switch (fault_->kind) {
  case Fault::Kind::garbage_line:
    return fault_->text;
  case Fault::Kind::error_line:
    return error_json(fault_->text);
  case Fault::Kind::nested_json:
    return R"({"nested":)" + std::string(fault_->depth, '[') + std::string(fault_->depth, ']') +
           "}";
  default:
    return text_line(" bad \xFF\xC3\x28\xED\xA0\x80 text");
  }
}

std::string Exchange::damaged(std::string json) const {
  const bool not_done = is(Fault::Kind::no_done) || is(Fault::Kind::end_without_done);
  if (const auto at = json.find(done_true); not_done && at != std::string::npos)
    json.replace(at, done_true.size(), R"("done":false)");
  return is(Fault::Kind::wrong_types) ? std::string{wrong_types} : json;
}

void Exchange::stall() {
  server_.statistics().count([](Counters& c) { ++c.stalls_begun; });
  connection_->push(Pause{fault_->delay});
}

void Exchange::end_with(Fault::Ending ending) {
  output_closed_ = true;
  if (ending == Fault::Ending::keep_open)
    connection_->push(Pause{});
  else
    connection_->push(ending == Fault::Ending::rst ? Close::rst : Close::fin);
}

bool Exchange::fire_at_line(std::string& line) {
  switch (fault_->kind) {
  case Fault::Kind::close_mid_chunk:
    write(chunk_begin(line.size() + 1) + line.substr(0, line.size() / 2));
    [[fallthrough]];
  case Fault::Kind::reset_after_lines:
  case Fault::Kind::close_after_lines:
    end_with(is(Fault::Kind::reset_after_lines) ? Fault::Ending::rst : Fault::Ending::fin);
    return false;
  case Fault::Kind::end_without_done:
    end_stream();
    return false;
  case Fault::Kind::error_line:
    chunk(inserted_line() + "\n", 1);
    end_stream();
    return false;
  case Fault::Kind::stall_after_lines:
    stall();
    return true;
  case Fault::Kind::malformed_json:
    line.resize(line.size() / 2);
    return true;
  case Fault::Kind::huge_line:
    send_huge_line();
    return true;
  default:
    chunk(inserted_line() + "\n", 1);
    return true;
  }
}

void Exchange::send_huge_line() {
  const auto line = text_line("@") + "\n";
  const auto before = line.substr(0, line.rfind('@'));
  const auto after = line.substr(before.size() + 1);
  const auto framing = before.size() + after.size() - 1;
  const auto filling = fault_->bytes > framing ? fault_->bytes - framing : 0;
  write(chunk_begin(static_cast<std::size_t>(framing + 1 + filling)) + before);
  connection_->push(WriteRepeated{'x', filling});
  write(after + std::string{chunk_end()}, 1);
}

bool Exchange::answer_by_fault() {
  if (!fault_)
    return false;
  switch (fault_->kind) {
  case Fault::Kind::reset_before_response:
  case Fault::Kind::close_before_response:
    end_with(is(Fault::Kind::reset_before_response) ? Fault::Ending::rst : Fault::Ending::fin);
    return true;
  case Fault::Kind::respond: {
    const bool no_body = request_.method == "HEAD" || fault_->status == 204;
    write(head(fault_->status, fault_->content_type, fault_->body.size()) +
          (no_body ? "" : fault_->body));
    finish();
    return true;
  }
  case Fault::Kind::raw:
    for (const auto& piece : fault_->pieces) {
      pause(piece.delay);
      write(piece.bytes);
    }
    end_with(fault_->ending);
    return true;
  case Fault::Kind::held:
    return true;
  default:
    return false;
  }
}

void Exchange::after_stall(std::function<void()> action) {
  if (!is(Fault::Kind::stall_before_response)) {
    action();
    return;
  }
  stall();
  then(std::move(action));
}

void Exchange::send_held(std::string bytes) {
  if (!output_closed_)
    write(std::move(bytes));
}

void Exchange::end_held(Fault::Ending ending) {
  if (!output_closed_)
    end_with(ending);
}

} // namespace nexus::llm::simulator
