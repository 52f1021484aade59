// Command generate writes the generated parts of the documents in the folder above
// it; go generate runs it there.
package main

import (
	"fmt"
	"os"

	"github.com/kvitt/kvitt/docs"
)

func main() {
	content, err := docs.Accounting(os.DirFS(".."))
	if err == nil {
		err = os.WriteFile("accounting.md", content, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
