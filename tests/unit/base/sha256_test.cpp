#include "base/sha256.hpp"

#include <system_error>

#include "support/catch.hpp"
#include "support/program.hpp"

using namespace bitgate;

// Vectors of FIPS 180-4's examples and NIST's SHA256 short and long message examples.
TEST_CASE("SHA-256 gives NIST's digests") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 of bytes, of text and of a file are the same") {
  const test::TemporaryDirectory directory;
  // Longer than one buffer of the reader, with zero bytes in it.
  std::string content;
  for (int i = 0; i < 200000; ++i) content.push_back(static_cast<char>(i % 251));
  const std::string path = directory.write("file", content);
  CHECK(sha256_file(path) == sha256(content));
  CHECK(sha256(std::as_bytes(std::span(content))) == sha256(content));
}

TEST_CASE("SHA-256 of a file that isn't there is an error that names it") {
  CHECK_THROWS_AS(sha256_file("/nonexistent/file"), std::system_error);
  CHECK_THROWS_WITH(sha256_file("/nonexistent/file"),
                    Catch::Matchers::Contains("/nonexistent/file"));
}
