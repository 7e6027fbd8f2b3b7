// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/blob_digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

namespace {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

auto unreadable(const std::string& file, int number) {
  return failure(ErrorCode::invalid_argument, "the file `" + file + "` cannot be read (" +
                                                  std::generic_category().message(number) + ")");
}

class BlobDigest {
public:
  using Base = digest_actor::base;
  static constexpr const char* name = "BlobDigest";

  explicit BlobDigest(digest_actor::pointer self) : self_{self} {}

  digest_actor::behavior_type make_behavior() {
    return {[this](digest_atom, const std::string& file) -> caf::result<std::string> {
      self_->quit();
      auto digest = blob_digest(file);
      if (!digest)
        return to_caf_error(std::move(digest.error()));
      return std::move(*digest);
    }};
  }

private:
  digest_actor::pointer self_;
};

} // namespace

Result<std::string> blob_digest(const std::string& file) {
  const std::unique_ptr<std::FILE, FileCloser> source{std::fopen(file.c_str(), "rbe")};
  if (!source)
    return unreadable(file, errno);
  const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context{EVP_MD_CTX_new()};
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
    return failure(ErrorCode::internal_error, "", "OpenSSL has no SHA-256");
  std::array<char, 1u << 16> buffer{};
  for (std::size_t read = 1; read > 0;) {
    errno = 0;
    read = std::fread(buffer.data(), 1, buffer.size(), source.get());
    if (std::ferror(source.get()) != 0)
      return unreadable(file, errno);
    EVP_DigestUpdate(context.get(), buffer.data(), read);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), bytes.data(), &size);
  std::string digest = "sha256:";
  constexpr std::string_view digits = "0123456789abcdef";
  for (unsigned i = 0; i < size; ++i) {
    digest += digits[bytes[i] >> 4];
    digest += digits[bytes[i] & 15];
  }
  return digest;
}

digest_actor spawn_blob_digest(caf::actor_system& system) {
  return spawn_detached<BlobDigest>(system);
}

} // namespace nexus::llm
