// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/node/certificates.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "config/file_io.hpp"

namespace nexus::llm {

namespace {

namespace fs = std::filesystem;

/// Validity of an authority and of a certificate; tolerates a clock difference of an hour.
constexpr long authority_seconds = 3650L * 86400;
constexpr long certificate_seconds = 825L * 86400;
constexpr long clock_tolerance = 3600;
constexpr int serial_bytes = 16;
constexpr std::size_t longest_name = 64;

template <auto Free> struct Freed {
  template <class T> void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Store = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

tl::unexpected<LLMError> invalid(std::string what) {
  std::string detail;
  for (auto code = ERR_get_error(); code != 0; code = ERR_get_error())
    detail += (detail.empty() ? "" : "; ") + std::string{ERR_error_string(code, nullptr)};
  return failure(ErrorCode::certificate_invalid, std::move(what), std::move(detail));
}

bool add_extension(X509& certificate, X509& issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

bool set_serial(X509& certificate) {
  const Number number{BN_new()};
  return number &&
         BN_rand(number.get(), serial_bytes * 8 - 1, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

/// Creates a certificate for a name and key, without extensions and signature.
Certificate begin(const std::string& name, EVP_PKEY& key, long seconds) {
  Certificate made{X509_new()};
  if (!made)
    return nullptr;
  auto* subject = X509_get_subject_name(made.get());
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  const bool good = X509_set_version(made.get(), 2) == 1 && set_serial(*made) &&
                    X509_gmtime_adj(X509_getm_notBefore(made.get()), -clock_tolerance) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(made.get()), seconds) != nullptr &&
                    X509_set_pubkey(made.get(), &key) == 1 &&
                    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1;
  return good ? std::move(made) : nullptr;
}

Key new_key() { return Key{EVP_EC_gen("P-256")}; }

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem(X509& certificate) {
  const Bio bio{BIO_new(BIO_s_mem())};
  return bio && PEM_write_bio_X509(bio.get(), &certificate) == 1 ? text_of(bio) : std::string{};
}

std::string pem(EVP_PKEY& key) {
  const Bio bio{BIO_new(BIO_s_mem())};
  const bool good = bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0,
                                                         nullptr, nullptr) == 1;
  return good ? text_of(bio) : std::string{};
}

/// Creates a file that must not exist yet.
Result<void> write_new(const fs::path& path, const std::string& text, mode_t mode) {
  const FileDescriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (!file.valid())
    return failure(ErrorCode::certificate_invalid,
                   path.string() + " cannot be made: " + std::generic_category().message(errno));
  std::string_view rest{text};
  while (!rest.empty()) {
    const auto written = ::write(file.get(), rest.data(), rest.size());
    if (written <= 0)
      return failure(ErrorCode::certificate_invalid, path.string() + " cannot be written");
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> write_pair(const fs::path& folder, const std::string& name, X509& certificate,
                        EVP_PKEY& key) {
  const auto public_part = pem(certificate);
  const auto private_part = pem(key);
  if (public_part.empty() || private_part.empty())
    return invalid("they cannot be made");
  // Write the key first: a certificate without its key is useless, but looks complete.
  if (auto written = write_new(folder / (name + ".key"), private_part, S_IRUSR | S_IWUSR); !written)
    return written;
  return write_new(folder / (name + ".pem"), public_part, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
}

Result<Certificate> read_certificate(const fs::path& path) {
  const Bio bio{BIO_new_file(path.c_str(), "r")};
  Certificate certificate{bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr};
  if (!certificate)
    return invalid(path.string() + " cannot be read as a certificate");
  return certificate;
}

/// Rejects encrypted keys instead of prompting, since the program may run unattended.
int no_passphrase(char*, int, int, void*) { return -1; }

Result<Key> read_key(const fs::path& path) {
  const Bio bio{BIO_new_file(path.c_str(), "r")};
  Key key{bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr};
  if (!key)
    return invalid(path.string() + " cannot be read as a key without a passphrase");
  return key;
}

Result<void> verify(const TlsFiles& files, X509& certificate, X509& authority) {
  const Store store{X509_STORE_new()};
  const StoreContext context{X509_STORE_CTX_new()};
  if (!store || !context || X509_STORE_add_cert(store.get(), &authority) != 1 ||
      X509_STORE_CTX_init(context.get(), store.get(), &certificate, nullptr) != 1)
    return invalid(files.authority.string() + " cannot be used");
  if (X509_verify_cert(context.get()) == 1)
    return {};
  return failure(ErrorCode::certificate_invalid,
                 files.certificate.string() + " is not accepted by " + files.authority.string() +
                     ": " + X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= longest_name && name.front() != '.' &&
         name.front() != '-' && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

/// Whether users of this machine other than the owner, or for a file of root its group, can use it.
bool is_exposed(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0)
    return false;
  constexpr mode_t others = S_IRWXO | S_IWGRP | S_IXGRP;
  return (status.st_mode & (status.st_uid == 0 ? others : others | S_IRGRP)) != 0;
}

} // namespace

Result<void> make_authority(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return failure(ErrorCode::certificate_invalid,
                   folder.string() + " cannot be made: " + error.message());
  const auto key = new_key();
  auto made = key ? begin("nexus-llm authority", *key, authority_seconds) : nullptr;
  if (!made || X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) != 1 ||
      !add_extension(*made, *made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(*made, *made, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(*made, *made, NID_subject_key_identifier, "hash") ||
      X509_sign(made.get(), key.get(), EVP_sha256()) == 0)
    return invalid("the authority cannot be made");
  return write_pair(folder, "ca", *made, *key);
}

Result<void> issue_certificate(const fs::path& folder, const std::string& name) {
  if (!is_plain_name(name) || name == "ca")
    return failure(ErrorCode::certificate_invalid,
                   "`" + name + "` is no name for one; use letters, digits, `-`, `_` and `.`");
  const auto authority = read_certificate(folder / "ca.pem");
  if (!authority)
    return failure(ErrorCode::certificate_invalid,
                   "there is no authority in " + folder.string() +
                       "; make one with `nexus-llm certs init`",
                   authority.error().detail);
  const auto authority_key = read_key(folder / "ca.key");
  if (!authority_key)
    return failure(authority_key.error());
  const auto key = new_key();
  auto made = key ? begin(name, *key, certificate_seconds) : nullptr;
  if (!made || X509_set_issuer_name(made.get(), X509_get_subject_name(authority->get())) != 1 ||
      !add_extension(*made, **authority, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(*made, **authority, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(*made, **authority, NID_ext_key_usage, "serverAuth,clientAuth") ||
      !add_extension(*made, **authority, NID_subject_alt_name, "DNS:" + name) ||
      !add_extension(*made, **authority, NID_authority_key_identifier, "keyid") ||
      X509_sign(made.get(), authority_key->get(), EVP_sha256()) == 0)
    return invalid("the certificate cannot be made");
  return write_pair(folder, name, *made, *key);
}

Result<void> check_certificates(const TlsFiles& files) {
  ERR_clear_error();
  const auto certificate = read_certificate(files.certificate);
  if (!certificate)
    return failure(certificate.error());
  const auto key = read_key(files.key);
  if (!key)
    return failure(key.error());
  if (is_exposed(files.key))
    return invalid("other users can read or write the key " + files.key.string() +
                   "; `chmod 600` keeps it to its owner");
  const auto authority = read_certificate(files.authority);
  if (!authority)
    return failure(authority.error());
  if (X509_check_private_key(certificate->get(), key->get()) != 1)
    return invalid(files.key.string() + " is not the key of " + files.certificate.string());
  return verify(files, **certificate, **authority);
}

Result<std::chrono::sys_seconds> valid_until(const fs::path& file) {
  const auto certificate = read_certificate(file);
  if (!certificate)
    return failure(certificate.error());
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate->get()), &time) != 1)
    return invalid(file.string() + " has no end that can be read");
  return std::chrono::sys_seconds{std::chrono::seconds{::timegm(&time)}};
}

} // namespace nexus::llm
