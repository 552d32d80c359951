package client_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// names declares the variables that the blocks of the pages use.
const names = `
var (
	ctx     = context.Background()
	c       *client.Client
	request client.CreateContactRequest
	rows    []client.UpsertContactRequest

	id, fieldID, clientID, secret, code, locationID string
)

func sync(context.Context, *client.Client) error { return nil }
`

// databaseNames declares the same for blocks that use the modules for PostgreSQL.
const databaseNames = `
var (
	db     *sql.DB
	source *oauth.Source
	pool   *oauth.ClientPool
	config *river.Config
)

func insertContacts(context.Context, pgx.Tx, string, []client.Contact) error { return nil }
`

// imports maps names to the packages that a block may use.
var imports = map[string]string{
	"context": "context", "sql": "database/sql", "errors": "errors", "fmt": "fmt", "http": "net/http", "os": "os", "slices": "slices", "slog": "log/slog",
	"testing": "testing", "time": "time", "url": "net/url",
	"bulk":       "github.com/highlevel-contacts/contacts-go/client/bulk",
	"client":     "github.com/highlevel-contacts/contacts-go/client",
	"clienttest": "github.com/highlevel-contacts/contacts-go/client/clienttest",
	"exportjob":  "github.com/highlevel-contacts/contacts-go/client/exportjob",
	"oauth":      "github.com/highlevel-contacts/contacts-go/client/oauth",
	"pgx":        "github.com/jackc/pgx/v5",
	"postgres":   "github.com/highlevel-contacts/contacts-go/client/postgres",
	"river":      "github.com/riverqueue/river",
}

// TestPages_GoBlocksCompile compiles every Go block of the README and of CONTRIBUTING in a module
// of its own. A block is a file, declarations, or statements.
func TestPages_GoBlocksCompile(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	const module = "github.com/highlevel-contacts/contacts-go"
	// The module of the blocks requires what package exportjob requires, and the modules for PostgreSQL.
	goMod := strings.Replace(read("client/exportjob/go.mod"), "module "+module+"/client/exportjob", "module pages", 1)
	var goModFile strings.Builder
	goModFile.WriteString(regexp.MustCompile(`(?m)^replace .*$`).ReplaceAllString(goMod, ""))
	for _, folder := range []string{"", "/client/exportjob", "/client/postgres"} {
		fmt.Fprintf(&goModFile, "\nrequire %s%s v0.0.0\nreplace %s%s => %s%s\n", module, folder, module, folder, root, folder)
	}
	write("go.mod", goModFile.String())
	write("go.sum", read("go.sum")+read("client/exportjob/go.sum")+read("client/postgres/go.sum"))
	blocks := 0
	for _, page := range []string{"README.md", "CONTRIBUTING.md"} {
		for _, match := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(page), -1) {
			blocks++
			write(fmt.Sprintf("block%d/block.go", blocks), asFile(match[1]))
		}
	}
	if blocks < 5 {
		t.Errorf("got %d blocks, want at least 5", blocks)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-o", os.DevNull, "./...")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, output)
	}
}

// asFile returns a block as a Go file.
func asFile(block string) string {
	if strings.HasPrefix(block, "package ") {
		return block
	}
	body := "func statements() error {\n" + block + "return nil\n}\n"
	if strings.HasPrefix(block, "func ") {
		body = block
	}
	names := names
	if regexp.MustCompile(`\b(postgres|exportjob)\.`).MatchString(block) {
		names += databaseNames
	}
	var used strings.Builder
	for name, path := range imports {
		if regexp.MustCompile(`\b` + name + `\.`).MatchString(names + body) {
			fmt.Fprintf(&used, "import %q\n", path)
		}
	}
	return "package block\n\n" + used.String() + names + body
}

// TestPages_SecurityNamesTests checks that the tests exist that SECURITY.md names.
func TestPages_SecurityNamesTests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "internal/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(source)
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 20 {
		t.Errorf("the page names %d tests", len(named))
	}
	for _, match := range named {
		if !strings.Contains(sources.String(), "func "+match[1]+"(") {
			t.Errorf("the test %s does not exist", match[1])
		}
	}
}
