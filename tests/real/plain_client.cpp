// SPDX-License-Identifier: BSD-3-Clause
#include "tests/real/plain_client.hpp"

#include <curl/curl.h>

#include <memory>

namespace nexus::llm::real {

namespace {

std::size_t take_bytes(char* bytes, std::size_t size, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

} // namespace

json::Document Reply::document() const {
  auto text = std::string_view{body};
  while (!text.empty() && text.back() == '\n')
    text.remove_suffix(1);
  if (auto whole = json::parse(text); whole && whole->IsObject())
    return std::move(*whole);
  if (auto last = json::parse(text.substr(text.rfind('\n') + 1)); last && last->IsObject())
    return std::move(*last);
  json::Document none;
  none.SetObject();
  return none;
}

Reply PlainClient::send(const char* method, const std::string& path,
                        const std::string& body) const {
  Reply reply;
  const std::unique_ptr<CURL, void (*)(CURL*)> curl{::curl_easy_init(), ::curl_easy_cleanup};
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers{
      ::curl_slist_append(nullptr, "Content-Type: application/json"), ::curl_slist_free_all};
  ::curl_easy_setopt(curl.get(), CURLOPT_URL, (base_url_ + path).c_str());
  ::curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  ::curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 600L);
  ::curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method);
  ::curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  ::curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take_bytes);
  ::curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reply.body);
  if (!body.empty()) {
    ::curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.data());
    ::curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(body.size()));
  }
  if (::curl_easy_perform(curl.get()) == CURLE_OK)
    ::curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

} // namespace nexus::llm::real
