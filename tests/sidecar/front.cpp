// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sidecar/front.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

namespace nexus::llm::sidecar::test {

int Front::send(std::string_view method, std::string_view params) {
  const auto id = static_cast<int>(methods_.size());
  methods_.emplace_back(method);
  sent_.push_back(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":")" +
                  std::string{method} + R"(","params":)" + std::string{params} + "}");
  std::erase(sent_.back(), '\n');
  write_(sent_.back() + "\n");
  return id;
}

bool Front::take_line() {
  const auto line = read_();
  if (line.empty())
    return false;
  seen_.push_back(line);
  auto parsed = json::parse(line);
  BOOST_REQUIRE_MESSAGE(parsed && parsed->IsObject(), "no message: " << line);
  BOOST_TEST((json::find_text(*parsed, "jsonrpc") == "2.0"));
  const auto* id = json::find(*parsed, "id");
  if (const auto method = json::find_text(*parsed, "method")) {
    notes_.push_back({std::string{*method}, json::to_text(*json::find(*parsed, "params"))});
  } else if (id != nullptr && id->IsInt()) {
    const auto* result = json::find(*parsed, "result");
    answers_[id->GetInt()] =
        json::to_text(result != nullptr ? *result : *json::find(*parsed, "error"));
  }
  return true;
}

std::string Front::answer(int id) {
  while (!answers_.contains(id))
    if (!take_line()) {
      BOOST_ERROR("call " << id << " was not answered");
      return {};
    }
  return answers_.extract(id).mapped();
}

Front::Note Front::any_note() {
  while (notes_.empty() && take_line()) {
  }
  if (notes_.empty())
    return {};
  auto note = std::move(notes_.front());
  notes_.pop_front();
  return note;
}

Front::Note Front::note(std::string_view method) {
  for (;;) {
    auto note = any_note();
    if (note.method.empty() || note.method == method)
      return note;
  }
}

Front::Stream Front::read_stream(std::string_view id) {
  Stream stream;
  std::optional<std::uint64_t> last; // the caller may have read the first chunks
  for (;;) {
    auto note = any_note();
    if (note.method.empty()) {
      BOOST_ERROR("the stream has no end");
      return stream;
    }
    const auto params = json::parse(note.params);
    if (json::find_text(*params, "id") != id || note.method == "llm/progress")
      continue;
    stream.notes.push_back(note.method);
    if (note.method != "llm/chunk") {
      stream.end = std::move(note.params);
      return stream;
    }
    if (json::find(*params, "restarted") != nullptr) {
      stream.text.clear();
      last.reset();
    }
    const auto seq = json::find_count(*params, "seq");
    BOOST_TEST((!last || seq == *last + 1));
    last = seq;
    stream.text += json::find_text(*params, "response").value_or("");
  }
}

std::string Front::start(std::string_view method, std::string_view params) {
  const auto answer = json::parse(call(method, params));
  BOOST_REQUIRE(answer && answer->IsObject());
  return std::string{json::find_text(*answer, "id").value_or("")};
}

} // namespace nexus::llm::sidecar::test
