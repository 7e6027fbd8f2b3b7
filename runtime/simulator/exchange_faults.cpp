// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/exchange.hpp"

#include "runtime/simulator/connection.hpp"
#include "runtime/simulator/http_text.hpp"
#include "runtime/simulator/json_text.hpp"
#include "runtime/simulator/reply_damage.hpp"
#include "runtime/simulator/server.hpp"

#include <algorithm>
#include <chrono>

// What a fault makes of the answer to a request.
namespace nexus::llm::simulator {
namespace {

using Kind = Fault::Kind;

} // namespace

Exchange::Headers Exchange::flood() const {
  Headers all;
  const std::uint64_t each = fault_->bytes / std::max(1U, fault_->count_of_headers);
  for (unsigned i = 0; i < fault_->count_of_headers; ++i)
    all.emplace_back("X-Flood-" + std::to_string(i),
                     std::string(static_cast<std::size_t>(each > 20 ? each - 20 : 1), 'f'));
  return all;
}

void Exchange::write_cut(std::string bytes) {
  const bool at_once = fault_->lines == 0 && fault_->kind != Kind::close_mid_chunk;
  const std::size_t cut = at_once ? 0 : bytes.size() - bytes.size() / 4;
  if (cut > 0)
    write(bytes.substr(0, cut));
  if (fault_->kind == Kind::stall_after_lines) {
    server_.statistics().count([](Counters& c) { ++c.stalls_begun; });
    if (fault_->delay)
      connection_->push(Pause{*fault_->delay});
    else
      connection_->push(Hold{});
    write(bytes.substr(cut));
    finish(request_.keep_alive);
    return;
  }
  output_closed_ = true;
  connection_->push(fault_->kind == Kind::reset_after_lines ? Close::rst : Close::fin);
}

bool Exchange::fire_at_line(const std::string& line) {
  switch (fault_->kind) {
  case Kind::close_mid_chunk:
    write(std::exchange(pending_head_, "") + (chunked() ? hex(line.size() + 1) + "\r\n" : "") +
          line.substr(0, line.size() / 2));
    [[fallthrough]];
  case Kind::reset_after_lines:
  case Kind::close_after_lines:
    output_closed_ = true;
    connection_->push(fault_->kind == Kind::reset_after_lines ? Close::rst : Close::fin);
    return false;
  case Kind::error_line:
    chunk(error_json(fault_->text) + "\n", 1, 0);
    [[fallthrough]];
  case Kind::end_without_done:
    end_stream();
    return false;
  case Kind::garbage_line:
    chunk(fault_->text + "\n", 1, 0);
    return true;
  case Kind::stall_after_lines:
    server_.statistics().count([](Counters& c) { ++c.stalls_begun; });
    if (fault_->delay)
      connection_->push(Pause{*fault_->delay});
    else
      connection_->push(Hold{});
    return true;
  case Kind::huge_line:
    huge(true);
    return true;
  default:
    chunk(special_line(false) + "\n", 1, 0);
    return true;
  }
}

void Exchange::huge(bool streamed) {
  const auto [before, after] = around_text(!streamed);
  const std::uint64_t framing = before.size() + after.size();
  const std::uint64_t filling = fault_->bytes > framing ? fault_->bytes - framing : 0;
  const std::uint64_t total = framing + filling;
  if (streamed) {
    write(std::exchange(pending_head_, "") + (chunked() ? hex(total + 1) + "\r\n" : "") + before);
    connection_->push(WriteRepeated{'x', filling});
    write(after + "\n" + (chunked() ? "\r\n" : ""), 1, 0);
    return;
  }
  write(head(200, "application/json; charset=utf-8", static_cast<std::size_t>(total), false) +
        before);
  connection_->push(WriteRepeated{'x', filling});
  write(after);
  finish(request_.keep_alive);
}

std::string Exchange::transform(std::string json) const {
  if (is(Kind::no_done) || is(Kind::end_without_done))
    return without_done(std::move(json));
  if (is(Kind::wrong_types))
    return with_wrong_types(json);
  return json;
}

std::pair<std::string, std::string> Exchange::around_text(bool done) const {
  std::string start = R"({"model":)";
  append_json_string(start, model_);
  start += R"(,"created_at":")" + format_time_utc(std::chrono::system_clock::now()) + "\",";
  const bool chat = request_.path() == "/api/chat";
  start += chat ? R"("message":{"role":"assistant","content":")" : R"("response":")";
  return {start, std::string(chat ? "\"}" : "\"") + R"(,"done":)" + (done ? "true}" : "false}")};
}

std::string Exchange::special_line(bool done) const {
  if (is(Kind::nested_json))
    return R"({"nested":)" + std::string(fault_->depth, '[') + std::string(fault_->depth, ']') +
           "}";
  const auto [before, after] = around_text(done);
  return before + (is(Kind::invalid_utf8) ? " bad \xFF\xC3\x28\xED\xA0\x80 text" : " late") + after;
}

bool Exchange::answer_by_fault() {
  if (!fault_)
    return false;
  switch (fault_->kind) {
  case Kind::reset_before_response:
  case Kind::close_before_response:
    output_closed_ = true;
    connection_->push(fault_->kind == Kind::reset_before_response ? Close::rst : Close::fin);
    return true;
  case Kind::respond: {
    for (const auto& [name, value] : fault_->headers)
      add_header(name, value);
    const bool empty = request_.method == "HEAD" || fault_->status == 204;
    write(head(fault_->status, fault_->content_type, fault_->body.size(), false) +
          (empty ? "" : fault_->body));
    finish(request_.keep_alive);
    return true;
  }
  case Kind::raw:
    for (const auto& piece : fault_->pieces) {
      if (piece.delay.count() > 0)
        connection_->push(Pause{piece.delay});
      if (!piece.bytes.empty())
        write(piece.bytes);
    }
    output_closed_ = true;
    if (fault_->ending == Fault::Ending::keep_open)
      connection_->push(Hold{});
    else
      connection_->push(fault_->ending == Fault::Ending::rst ? Close::rst : Close::fin);
    return true;
  case Kind::held:
    server_.hold(record_, weak_from_this());
    return true;
  default:
    return false;
  }
}

void Exchange::send_held(std::string bytes) {
  if (!output_closed_)
    write(std::move(bytes));
}

void Exchange::end_held(Fault::Ending ending) {
  if (std::exchange(output_closed_, true))
    return;
  if (ending == Fault::Ending::keep_open)
    connection_->push(Hold{});
  else
    connection_->push(ending == Fault::Ending::rst ? Close::rst : Close::fin);
}

bool Exchange::stalls_first() const { return is(Kind::stall_before_response); }

void Exchange::stall_first(std::function<void()> go_on) {
  server_.statistics().count([](Counters& c) { ++c.stalls_begun; });
  if (fault_->delay)
    connection_->push(Pause{*fault_->delay});
  else
    connection_->push(Hold{});
  connection_->push(Then{std::move(go_on)});
}

} // namespace nexus::llm::simulator
