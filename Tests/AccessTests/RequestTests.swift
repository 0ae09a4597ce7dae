import Bus
import Schema
import Support
import Testing
import Web

@testable import Access

struct RequestTests {
    @Test(
        arguments: [
            ("Bearer abc", "abc"), ("bearer  abc", "abc"), ("BEARER a.b.c", "a.b.c"), ("Bearer a b", "a b"),
            ("Basic abc", nil), ("Bearer", nil), ("Bearerabc", nil), ("", nil), (nil, nil),
        ] as [(String?, String?)])
    func theTokenOfAField(field: String?, token: String?) throws {
        let request = try #require(
            Request(.get, "/", headers: field.map { ["Authorization": $0] } ?? [:]))
        #expect(request.bearerToken.map(String.init) == token)
    }

    private func request(_ parameters: [String: String]) throws -> Request {
        var request = try #require(Request(.get, "/"))
        request.parameters = parameters
        return request
    }

    @Test(
        arguments: [
            ("general", nil, true), ("general", ["general"], true), ("general", ["other"], false),
            ("No Room", nil, false), (nil, nil, false),
        ] as [(String?, [String]?, Bool)])
    func aPathNamesARoomThatTheTokenMayEnter(name: String?, rooms: [String]?, isFound: Bool) throws {
        let caller = Identity(
            user: handle("alice"), name: "Alice", roles: [], sessionID: nil, rooms: rooms, expires: 0)
        let request = try request(name.map { ["room": $0] } ?? [:])
        if isFound {
            #expect(try request.room(for: caller).text == name)
        } else {
            #expect(throws: Problem(ErrorCode.roomNotFound)) { try request.room(for: caller) }
        }
    }

    @Test func aPathNamesAUser() throws {
        #expect(try request(["user": "bob"]).user == handle("bob"))
        let nobody = try request(["user": "BOB!"])
        #expect(throws: Problem(ErrorCode.userNotFound)) { try nobody.user }
    }
}
