import CPage
import Web

/// The web client, as built into the program.
struct PageFiles {
    private let files: [String: PageFile]

    init() {
        var files: [String: PageFile] = [:]
        var number = 0
        while let file = page_file_at(number)?.pointee {
            files[String(cString: file.path)] = PageFile(file)
            number += 1
        }
        self.files = files
    }

    func add(to routes: inout Routes) {
        for (path, file) in files { routes.on(.get, path) { file.answer($0) } }
    }
}
