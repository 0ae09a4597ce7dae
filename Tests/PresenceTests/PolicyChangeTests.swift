import Bus
import Schema
import Testing
import Web

@testable import ChatPresence

struct PolicyChangeTests {
    private func change(_ json: String) throws -> PolicyChange {
        try PolicyChange(JSONValue(parsing: Array(json.utf8)))
    }

    @Test func rolesAreReplacedAndRemoved() throws {
        let change = try change(
            #"{"policies":{"member":{"messages":0,"seconds":1},"bot_2":{"messages":1000000,"seconds":86400},"a-b":null}}"#
        )
        #expect(
            change.replaced == [
                "member": LimitPolicy(messages: 0, seconds: 1),
                "bot_2": LimitPolicy(messages: 1_000_000, seconds: 86_400),
            ])
        #expect(change.removed == ["a-b"])
        #expect(change.replaced.values.allSatisfy { LimitPolicy($0.text) == $0 })
    }

    @Test func nothingAskedIsNothingDone() throws {
        #expect(try change(#"{"policies":{}}"#) == PolicyChange(JSONValue.object(["policies": [:]])))
    }

    @Test(arguments: [
        (#"{}"#, ["policies required"]),
        (#"[]"#, ["policies required"]),
        (#"{"policies":7}"#, ["policies wrong_type"]),
        (#"{"policies":null}"#, ["policies wrong_type"]),
        (#"{"policies":{"member":7}}"#, ["policies.member wrong_type"]),
        (
            #"{"policies":{"member":{}}}"#,
            ["policies.member.messages required", "policies.member.seconds required"]
        ),
        (
            #"{"policies":{"member":{"messages":"9","seconds":1.5}}}"#,
            ["policies.member.messages wrong_type", "policies.member.seconds wrong_type"]
        ),
        (
            #"{"policies":{"a":{"messages":-1,"seconds":1},"b":{"messages":1000001,"seconds":0}}}"#,
            [
                "policies.a.messages out_of_range", "policies.b.messages out_of_range",
                "policies.b.seconds out_of_range",
            ]
        ),
        (
            #"{"policies":{"a":{"messages":true,"seconds":86401}}}"#,
            ["policies.a.messages wrong_type", "policies.a.seconds out_of_range"]
        ),
        (
            #"{"policies":{"Member":null,"":null,"a b":null,"é":null,"1a":null}}"#,
            Array(repeating: "policies invalid", count: 5)
        ),
    ])
    func everyFaultIsNamed(json: String, faults: [String]) {
        #expect {
            try change(json)
        } throws: { error in
            let problem = error as? Problem
            return problem?.status == .unprocessableContent
                && problem?.errors.map { "\($0.field) \($0.code)" } == faults
        }
    }

    @Test func oneRequestNamesNotTooManyRoles() {
        let roles = (0...PolicyChange.maxRoles).map { ("r\($0)", JSONValue.null) }
        let body = JSONValue.object(["policies": .object(Dictionary(uniqueKeysWithValues: roles))])
        #expect(throws: Problem.invalidFields([FieldError("policies", "too_many")])) {
            try PolicyChange(body)
        }
    }
}

struct AllowanceTests {
    @Test(arguments: [
        (3, 0, #""messages";r=7;t=0"#), (10, 12, #""messages";r=0;t=12"#), (12, 1, #""messages";r=0;t=1"#),
    ])
    func theFieldsSayWhatIsLeft(sent: Int, wait: Int, field: String) {
        let allowance = Allowance(
            policy: LimitPolicy(messages: 10, seconds: 60), sent: sent, secondsUntilReset: wait)
        #expect(allowance.headers["RateLimit"] == field)
        #expect(allowance.headers["RateLimit-Policy"] == #""messages";q=10;w=60"#)
    }

    @Test func withoutALimitThereIsNothingToSay() {
        let allowance = Allowance.unlimited(LimitPolicy(messages: 10, seconds: 60))
        #expect(allowance.headers.count == 0)
        #expect(
            String(decoding: allowance.json, as: UTF8.self)
                == #"{"messages_sent":0,"max_messages":0,"window_seconds":60,"time_until_reset":0}"#)
    }
}
