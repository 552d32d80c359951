package client_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadme_GoBlocks checks that each Go block of the README is an excerpt of an example, which the
// tests of its module compile. White space is ignored.
func TestReadme_GoBlocks(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	withoutSpace := func(text string) string { return strings.Join(strings.Fields(text), "") }
	var examples strings.Builder
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if matched, _ := filepath.Match("example*_test.go", filepath.Base(path)); matched {
			examples.WriteString(withoutSpace(read(path)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read("../README.md"), -1)
	if len(blocks) < 5 {
		t.Errorf("got %d blocks, want at least 5", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(examples.String(), withoutSpace(block[1])) {
			t.Errorf("this block of the README is in no example*_test.go:\n%s", block[1])
		}
	}
}
