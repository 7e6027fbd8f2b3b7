// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/raw_curl.hpp"

#include <curl/curl.h>

#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace nexus::llm::bench {

namespace {

std::size_t count_bytes(char*, std::size_t size, std::size_t count, void* bytes) {
  *static_cast<std::uint64_t*>(bytes) += size * count;
  return size * count;
}

std::string body_of(const std::string& prompt) {
  return R"({"model":"llama3.1:8b","stream":true,"prompt":")" + prompt + "\"}";
}

void must(bool good) {
  if (!good)
    std::abort();
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

void* RawCurl::make_easy(const std::string& body, std::uint64_t& bytes) const {
  auto* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(headers_));
  curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 64L * 1024); // as the system has it
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes);
  return easy;
}

void RawCurl::ask(const std::string& prompt) {
  std::uint64_t bytes = 0;
  if (easy_ == nullptr)
    easy_ = make_easy(body_of(prompt), bytes);
  curl_easy_setopt(easy_, CURLOPT_COPYPOSTFIELDS, body_of(prompt).c_str());
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, &bytes);
  must(curl_easy_perform(easy_) == CURLE_OK && bytes > 0);
}

void RawCurl::ask_many(const std::string& prompt, int count, int at_once) {
  std::uint64_t bytes = 0;
  std::vector<void*> idle;
  for (int i = 0; i < at_once; ++i)
    idle.push_back(make_easy(body_of(prompt), bytes));
  int begun = 0;
  int done = 0;
  while (done < count) {
    for (; begun < count && !idle.empty(); ++begun) {
      curl_multi_add_handle(multi_, idle.back());
      idle.pop_back();
    }
    int running = 0;
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (auto* message = curl_multi_info_read(multi_, &left)) {
      must(message->msg == CURLMSG_DONE && message->data.result == CURLE_OK);
      curl_multi_remove_handle(multi_, message->easy_handle);
      idle.push_back(message->easy_handle);
      ++done;
    }
    if (running > 0)
      curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
  }
  for (auto* easy : idle)
    curl_easy_cleanup(easy);
}

} // namespace nexus::llm::bench
