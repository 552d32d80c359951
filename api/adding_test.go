package api_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree is a copy of the main module, in which a test adds to the document as CONTRIBUTING.md
// describes.
type tree struct {
	dir      string
	original map[string][]byte // by slash-separated path
}

// copyTree copies the files of which the main module is built, without other modules and programs.
func copyTree(t *testing.T) *tree {
	t.Helper()
	copied := &tree{dir: t.TempDir(), original: map[string][]byte{}}
	root := os.DirFS("..")
	for _, name := range []string{"go.mod", "go.sum", "generate.go", "tools.go", "api", "gen", "client"} {
		err := fs.WalkDir(root, name, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if _, err := fs.Stat(root, path+"/go.mod"); err == nil || entry.Name() == "node_modules" || entry.Name() == "testdata" {
					return fs.SkipDir
				}
				return os.MkdirAll(filepath.Join(copied.dir, path), 0o700)
			}
			content, err := fs.ReadFile(root, path)
			if err != nil {
				return err
			}
			copied.original[path] = content
			return os.WriteFile(filepath.Join(copied.dir, path), content, 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

// insert inserts text after the last of the anchors, which are searched for in order.
func (c *tree) insert(t *testing.T, file, text string, anchors ...string) {
	t.Helper()
	content, _, end := c.locate(t, file, anchors)
	c.write(t, file, content[:end]+text+content[end:])
}

// insertBefore inserts text before the last of the anchors.
func (c *tree) insertBefore(t *testing.T, file, text string, anchors ...string) {
	t.Helper()
	content, begin, _ := c.locate(t, file, anchors)
	c.write(t, file, content[:begin]+text+content[begin:])
}

// fileWith returns the file of a folder that contains the text.
func (c *tree) fileWith(t *testing.T, folder, text string) string {
	t.Helper()
	for _, file := range slices.Sorted(maps.Keys(c.original)) {
		if strings.HasPrefix(file, folder+"/") && bytes.Contains(c.original[file], []byte(text)) {
			return file
		}
	}
	t.Fatalf("no file of %s contains %q any more: update this test", folder, text)
	return ""
}

// locate returns the content of a file, and the start and end of the last of the anchors.
func (c *tree) locate(t *testing.T, file string, anchors []string) (content string, begin, end int) {
	t.Helper()
	read, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	content = string(read)
	for _, anchor := range anchors {
		found := strings.Index(content[end:], anchor)
		if found < 0 {
			t.Fatalf("%s has no %q any more: update this test", file, anchor)
		}
		begin = end + found
		end = begin + len(anchor)
	}
	return content, begin, end
}

func (c *tree) write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, filepath.FromSlash(file)), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs the go command in the copy.
func (c *tree) run(t *testing.T, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = c.dir
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, output)
	}
}

// test runs the tests that compare document, client and fake with each other, and the given test.
func (c *tree) test(t *testing.T, content string) {
	t.Helper()
	const file = "client/clienttest/added_test.go"
	c.write(t, file, content)
	// With -trimpath a build does not depend on the directory, so that later runs use the build
	// cache.
	c.run(t, "test", "-trimpath", "./api", "./client/clienttest", "-skip", "^TestAddingToTheDocument$", "-run",
		"^TestAdded$|Operation|Schema|Document|Example|Whole|Generated|Model|Request|Wire")
	if err := os.Remove(filepath.Join(c.dir, filepath.FromSlash(file))); err != nil {
		t.Fatal(err)
	}
}

// changed returns the files that differ from the original tree.
func (c *tree) changed(t *testing.T) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(c.dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(path)))
		if original, existed := c.original[path]; err == nil && (!existed || !bytes.Equal(content, original)) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

const preferredName = `
        preferredName: {type: string, nullable: true, description: The preferred name., example: Ros}`

const preferredNameTest = `package clienttest_test

import (
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestAdded(t *testing.T) {
	server := clienttest.NewServer(t)
	contacts := server.Client().Contacts
	created, err := contacts.Create(t.Context(), client.CreateContactRequest{Email: "ros@example.com", PreferredName: "Ros"})
	if err != nil || created.PreferredName != "Ros" {
		t.Fatalf("create: got %v, %v", created, err)
	}
	if _, err := contacts.Update(t.Context(), created.ID, client.UpdateContactRequest{PreferredName: client.Set("Rosa")}); err != nil {
		t.Fatal(err)
	}
	page, err := contacts.List(t.Context(), client.ListRequest{})
	if err != nil || page.Contacts[0].PreferredName != "Rosa" || page.Contacts[0].Extra != nil {
		t.Fatalf("list: got %v, %v", page, err)
	}
	if _, err := contacts.Update(t.Context(), created.ID, client.UpdateContactRequest{PreferredName: client.Clear[string]()}); err != nil {
		t.Fatal(err)
	}
	if got, err := contacts.Get(t.Context(), created.ID); err != nil || got.PreferredName != "" {
		t.Fatalf("get after clearing: got %v, %v", got, err)
	}
}
`

const addTagsOperation = `
  /contacts/{contactId}/tags:
    parameters:
      - $ref: '#/components/parameters/Version'
      - name: contactId
        in: path
        required: true
        description: The ID of the contact.
        schema: {type: string, minLength: 1, pattern: '^[^/?#]+$'}
        example: ocQHyuzHvysMo5N5VsXc
    post:
      operationId: addTags
      tags: [Contacts]
      summary: Add tags to a contact
      description: Adds tags to those that the contact has.
      externalDocs:
        url: https://marketplace.gohighlevel.com/docs/ghl/contacts/add-tags
      security:
        - bearer: []
        - oauth2: [contacts.write]
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/AddTagsRequest'}
            examples:
              tags: {value: {tags: [vip]}}
      responses:
        '2XX':
          description: The tags of the contact.
          headers: *rateLimitHeaders
          content:
            application/json:
              schema: {$ref: '#/components/schemas/AddTagsResult'}
              examples:
                tags: {value: {tags: [vip]}}
        '400': {$ref: '#/components/responses/BadRequest'}
        '401': {$ref: '#/components/responses/Unauthorized'}
        '403': {$ref: '#/components/responses/Forbidden'}
        '404': {$ref: '#/components/responses/UnknownRoute'}
        '422': {$ref: '#/components/responses/Unprocessable'}
        '429': {$ref: '#/components/responses/TooManyRequests'}
        '5XX': {$ref: '#/components/responses/ServerError'}
`

const addTagsSchemas = `
    AddTagsRequest:
      type: object
      additionalProperties: false
      description: The tags to add.
      required: [tags]
      properties:
        tags: {type: array, description: The tags., example: [vip], items: {type: string}}

    AddTagsResult:
      type: object
      description: The response to addTags.
      properties:
        tags: {type: array, nullable: true, description: All tags of the contact., example: [vip], items: {type: string}}
`

const addTagsMethod = `package client

import (
	"context"

	"github.com/highlevel-contacts/contacts-go/gen"
)

const addTags operation = "addTags"

// AddTags adds tags to a contact and returns all tags that it has.
func (s *ContactsService) AddTags(ctx context.Context, id string, tags []string, opts ...CallOption) ([]string, error) {
	if err := checkID(addTags, "contact", id); err != nil {
		return nil, err
	}
	call, err := s.client.newCall(ctx, addTags, opts)
	if err != nil {
		return nil, err
	}
	var result gen.AddTagsResult
	_, err = call.api.AddTags(&call.ctx, id, gen.AddTagsRequest{Tags: tags})
	if err = call.finish(call.decodeInto(err, &result)); err != nil {
		return nil, err
	}
	all, _ := result.Tags.Get()
	return all, nil
}
`

const addTagsFake = `package clienttest

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// addTags handles POST /contacts/{contactId}/tags.
func (s *Server) addTags(c *call) (wire.Response, error) {
	var request gen.AddTagsRequest
	if err := json.Unmarshal(c.body, &request, wire.Lenient); err != nil {
		return wire.Response{}, wire.Unprocessable(err.Error())
	}
	tx := s.store.Begin()
	defer tx.End()
	old := tx.Get(c.id)
	if old == nil {
		return wire.Response{}, s.notFound(tx, c)
	}
	tags := append(append([]string{}, old.Tags...), request.Tags...)
	changed, err := s.change(tx, c, old, &wire.Write{Tags: &tags})
	if err != nil {
		return wire.Response{}, err
	}
	var body wire.Object
	body.Value("tags", changed.Tags)
	return wire.JSON(http.StatusCreated, body.End()), nil
}
`

const addTagsTest = `package clienttest_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestAdded(t *testing.T) {
	server := clienttest.NewServer(t)
	id := server.Seed(client.Contact{Tags: []string{"new"}})[0].ID
	contacts := server.Client().Contacts
	tags, err := contacts.AddTags(t.Context(), id, []string{"VIP"})
	if err != nil || !slices.Equal(tags, []string{"new", "vip"}) {
		t.Fatalf("got %v, %v", tags, err)
	}
	if _, err := contacts.AddTags(t.Context(), "aaaaaaaaaaaaaaaaaaaa", []string{"VIP"}); !errors.Is(err, client.ErrNotFound) {
		t.Fatalf("unknown contact: got %v, want ErrNotFound", err)
	}
	if _, err := contacts.AddTags(t.Context(), "..", []string{"VIP"}); !errors.Is(err, client.ErrInvalid) {
		t.Fatalf("invalid ID: got %v, want ErrInvalid", err)
	}
}
`

// TestAddingToTheDocument adds a property and an operation to a copy of the tree. Only the
// document, the generated code, the fake and, for an operation, the client may have to change: no
// other file lists properties or operations.
func TestAddingToTheDocument(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds a copy of the module")
	}
	t.Run("property", func(t *testing.T) {
		t.Parallel()
		c := copyTree(t)
		for _, schema := range []string{"Contact", "CreateContactRequest", "UpdateContactRequest", "UpsertContactRequest"} {
			c.insert(t, "api/contacts.yaml", preferredName, "\n  schemas:", "\n    "+schema+":\n", "\n      properties:")
		}
		c.run(t, "generate", ".")
		const item, created, writable = "(o *Object) WriteItem(", "(o *Object) WriteCreated(", "func stringFields("
		responses := c.fileWith(t, "client/clienttest/internal/wire", item)
		requests := c.fileWith(t, "client/clienttest/internal/wire", writable)
		c.insert(t, responses, "\n\to.StringOrNull(\"preferredName\", c.PreferredName)", item, "{")
		c.insert(t, responses, "\n\to.String(\"preferredName\", c.PreferredName)", created, "{")
		c.insert(t, requests, "\n\t\t\"preferredName\": &c.PreferredName,", writable, "return map[string]*string{")
		c.test(t, preferredNameTest)
		c.wantChanged(t, "api/contacts.yaml", "gen/gen.go", requests, responses)
	})
	t.Run("operation", func(t *testing.T) {
		t.Parallel()
		c := copyTree(t)
		c.insertBefore(t, "api/contacts.yaml", addTagsOperation, "\npaths:", "\ncomponents:")
		c.insert(t, "api/contacts.yaml", addTagsSchemas, "\n  schemas:")
		c.run(t, "generate", ".")
		c.write(t, "client/contacts_tags.go", addTagsMethod)
		routes := c.fileWith(t, "client/clienttest", "func operations()")
		c.insert(t, routes,
			"\n\t\t{\"addTags\", \"POST\", \"/contacts/{contactId}/tags\", location, write, (*Server).addTags},",
			"func operations()", "return []*operation{")
		c.write(t, "client/clienttest/contact_tags.go", addTagsFake)
		c.test(t, addTagsTest)
		c.wantChanged(t, "api/contacts.yaml", "client/clienttest/contact_tags.go", "client/contacts_tags.go", "gen/gen.go", routes)
	})
}

func (c *tree) wantChanged(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := c.changed(t); !slices.Equal(got, want) {
		t.Errorf("changed files: got %q, want %q", got, want)
	}
}
