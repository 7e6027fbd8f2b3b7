// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/testing/listener.hpp"

#include "runtime/harness/script_core.hpp"

namespace nexus::llm::testing {

namespace {

/// Whether a message is a progress report that `Hears::stream` ignores.
bool is_mere_progress(const Event& event) {
  return event.content.match_elements<RequestProgress>() &&
         event.content.get_as<RequestProgress>(0).phase != Phase::restarted;
}

} // namespace

Listener::Listener(ScriptCore& core, std::string name, Hears hears, const Where& where)
    : core_{&core}, name_{std::move(name)} {
  core_->puppet(name_, Puppet::Manner::obliging, where);
  track_ = &core_->track("the subscriber " + name_, [name = name_, hears](const Event& event) {
    return event.receiver == name && !event.is_response && !is_end_of_actor(event) &&
           (hears == Hears::everything || !is_mere_progress(event));
  });
}

void Listener::sees(const std::vector<Pattern>& messages, Where where) const {
  core_->expect(*track_, messages, where);
}

Listener::Stream Listener::read_stream(const std::string& expected, const Where& where) const {
  core_->settle();
  Stream stream;
  std::uint64_t next = 0;
  for (bool ended = false; !ended;) {
    if (track_->unread.empty())
      core_->fail(where, "the stream of " + name_ + " has not ended after `" + stream.text + "`",
                  track_, {expected});
    const auto item = track_->unread.front();
    const auto& elements = *item.value;
    auto member = [&elements](const char* name) {
      return elements.Size() == 1 && elements[0].IsObject() ? json::find(elements[0], name)
                                                            : nullptr;
    };
    if (const auto* piece = member("LLMStreamChunk")) {
      const auto seq = json::find_count(*piece, "seq");
      if (seq != next++)
        core_->fail(where, "the stream of " + name_ + " is out of order at " + std::to_string(seq),
                    track_, {expected});
      const std::string of{json::find_text(*piece, "id").value_or("")};
      if (!stream.id.empty() && of != stream.id)
        core_->fail(where,
                    "the stream of " + name_ + " mixes the requests " + stream.id + " and " + of,
                    track_, {expected});
      stream.id = of;
      stream.text += json::find_text(*piece, "response").value_or("");
      if (const auto* final = json::find(*piece, "final"))
        stream.final_text = json::find_text(*final, "response").value_or("");
      const auto* done = json::find(*piece, "done");
      ended = done != nullptr && done->IsTrue();
    } else if (const auto* end = member("StreamError")) {
      stream.error = json::find_text(*json::find(*end, "error"), "code").value_or("?");
      ended = true;
    } else if (const auto* news = member("RequestProgress")) {
      if (json::find_text(*news, "phase") == to_string(Phase::restarted)) {
        stream.text.clear();
        next = 0;
      }
    } else {
      core_->fail(where, "the stream of " + name_ + " brings something else than a piece", track_,
                  {expected});
    }
    track_->met.push_back({"(a stream)", where, item});
    track_->unread.pop_front();
  }
  return stream;
}

void Listener::sees_stream(std::string_view whole_text, Where where) const {
  const auto expected = "a stream with the text `" + std::string{whole_text} + "`";
  const auto stream = read_stream(expected, where);
  if (stream.error.empty() && stream.text == whole_text && stream.final_text != whole_text)
    core_->fail(where,
                "the stream of " + name_ + " ends with another text: `" + stream.final_text + "`",
                track_, {expected});
  if (!stream.error.empty() || stream.text != whole_text)
    core_->fail(where,
                "the stream of " + name_ + " brought `" + stream.text + "`" +
                    (stream.error.empty() ? "" : " and ended with " + stream.error),
                track_, {expected});
}

void Listener::sees_failure(ErrorCode code, Where where) const {
  const auto expected = "a stream that ends with " + std::string{to_string(code)};
  const auto stream = read_stream(expected, where);
  if (stream.error != to_string(code))
    core_->fail(where,
                "the stream of " + name_ + " ended " +
                    (stream.error.empty() ? "well" : "with " + stream.error),
                track_, {expected});
}

void Listener::sees_nothing_more(Where where) const { core_->expect_nothing(*track_, where); }

void Listener::pauses(Where where) const {
  core_->puppet(name_, where).set_manner(Puppet::Manner::silent);
  core_->settle();
}

void Listener::goes_on(Where where) const {
  core_->puppet(name_, where).set_manner(Puppet::Manner::obliging);
  core_->settle();
}

void Listener::dies(Where where) const {
  anon_exit(core_->puppet(name_, where).actor(), caf::exit_reason::kill);
  core_->settle();
}

stream_subscriber Listener::handle(Where where) const {
  return core_->puppet(name_, where).as<stream_subscriber>();
}

} // namespace nexus::llm::testing
