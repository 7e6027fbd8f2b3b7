// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/raw_curl.hpp"

#include <curl/curl.h>

#include <charconv>
#include <system_error>
#include <utility>

#include "tests/bench/cost.hpp"

namespace nexus::llm::bench {

namespace {

std::size_t take(char* data, std::size_t size, std::size_t count, void* reader) {
  (*static_cast<const RawCurl::Reader*>(reader))({data, size * count});
  return size * count;
}

std::string body_of(const std::string& prompt) {
  return R"({"model":"llama3.1:8b","stream":true,"prompt":")" + prompt + "\"}";
}

} // namespace

RawCurl::RawCurl(std::string base_url) : url_{std::move(base_url) + "/api/generate"} {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  headers_ = curl_slist_append(nullptr, "Content-Type: application/json");
  multi_ = curl_multi_init();
}

RawCurl::~RawCurl() {
  if (easy_ != nullptr)
    curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
  curl_slist_free_all(static_cast<curl_slist*>(headers_));
}

void* RawCurl::make_easy(const std::string& body, const Reader& reader) const {
  auto* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(headers_));
  curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 64L * 1024); // as the system has it
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reader);
  return easy;
}

void RawCurl::ask(const std::string& prompt, const Reader& reader) {
  std::size_t bytes = 0;
  const Reader count = [&](std::string_view piece) {
    bytes += piece.size();
    if (reader)
      reader(piece);
  };
  if (easy_ == nullptr)
    easy_ = make_easy(body_of(prompt), count);
  curl_easy_setopt(easy_, CURLOPT_COPYPOSTFIELDS, body_of(prompt).c_str());
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, &count);
  must(curl_easy_perform(easy_) == CURLE_OK && bytes > 0, "libcurl got no answer");
}

void RawCurl::ask_many(const std::string& prompt, std::size_t count, std::size_t at_once) {
  std::size_t bytes = 0;
  const Reader reader = [&](std::string_view piece) { bytes += piece.size(); };
  std::vector<void*> idle;
  for (std::size_t i = 0; i < at_once; ++i)
    idle.push_back(make_easy(body_of(prompt), reader));
  std::size_t begun = 0;
  std::size_t done = 0;
  while (done < count) {
    for (; begun < count && !idle.empty(); ++begun) {
      curl_multi_add_handle(multi_, idle.back());
      idle.pop_back();
    }
    int running = 0;
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_, &left)) {
      must(message->msg == CURLMSG_DONE && message->data.result == CURLE_OK,
           "libcurl got no answer");
      auto* easy = message->easy_handle;
      curl_multi_remove_handle(multi_, easy);
      idle.push_back(easy);
      ++done;
    }
    if (running > 0)
      curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
  }
  for (auto* easy : idle)
    curl_easy_cleanup(easy);
  must(bytes > 0, "libcurl got no answer");
}

std::vector<double> RawCurl::times(const std::string& prompt, std::size_t count) {
  std::vector<double> times;
  while (times.size() < count) {
    const auto begin = stamp_now();
    ask(prompt);
    times.push_back(micros_since(begin));
  }
  return times;
}

std::vector<double> RawCurl::first_bytes(const std::string& prompt, std::size_t count) {
  std::vector<double> times;
  while (times.size() < count) {
    const auto begin = stamp_now();
    double first = 0;
    ask(prompt, [&](std::string_view) {
      if (first == 0)
        first = micros_since(begin);
    });
    times.push_back(first);
  }
  return times;
}

std::vector<double> RawCurl::chunk_ages(const std::string& prompt) {
  std::vector<double> ages;
  ask(prompt, [&](std::string_view bytes) {
    // libcurl calls once for each HTTP chunk, which is a line.
    constexpr std::string_view before = R"("response":" )";
    const auto at = bytes.find(before);
    std::chrono::nanoseconds::rep stamp = 0;
    if (at != std::string_view::npos &&
        std::from_chars(bytes.data() + at + before.size(), bytes.data() + bytes.size(), stamp).ec ==
            std::errc{})
      ages.push_back(micros_since(std::chrono::nanoseconds{stamp}));
  });
  must(!ages.empty(), "no stamp was read");
  return ages;
}

} // namespace nexus::llm::bench
