package console

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed document.html
var documentHTML string

var documentTemplate = template.Must(template.New("document").Funcs(template.FuncMap{
	"paragraphs": paragraphs,
	"css":        func() template.CSS { return template.CSS(styleCSS) }, //nolint:gosec // a constant of this package
}).Parse(documentHTML))

// document is the data of the page that renders an OpenAPI document.
type document struct {
	Title, Version, Description string
	Operations                  []operation
	Schemas                     []schema
}

type operation struct {
	ID, Method, Path, Summary, Description, Link string
	Scopes                                       []string
	Parameters                                   []property
	Request                                      string // name of the schema
	Responses                                    []response
}

type response struct {
	Status, Description, Schema string
	Examples                    []example
}

type example struct{ Name, Summary, JSON string }

type schema struct {
	Name, Description string
	Properties        []property
}

type property struct {
	Name, In, Type, Schema, Description string
	Required                            bool
}

// renderDocument returns an OpenAPI document as HTML.
func renderDocument(yaml []byte) ([]byte, error) {
	doc, err := openapi3.NewLoader().LoadFromData(yaml)
	if err != nil {
		return nil, fmt.Errorf("console: OpenAPI document: %w", err)
	}
	d := document{Title: doc.Info.Title, Version: doc.Info.Version, Description: doc.Info.Description}
	paths := doc.Paths.Map()
	for _, path := range doc.Paths.InMatchingOrder() {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			if o := paths[path].Operations()[method]; o != nil {
				d.Operations = append(d.Operations, newOperation(path, method, paths[path], o))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		d.Schemas = append(d.Schemas, newSchema(name, doc.Components.Schemas[name].Value))
	}
	var page bytes.Buffer
	err = documentTemplate.Execute(&page, d)
	return page.Bytes(), err
}

func newOperation(path, method string, item *openapi3.PathItem, o *openapi3.Operation) operation {
	result := operation{ID: o.OperationID, Method: method, Path: path, Summary: o.Summary, Description: o.Description}
	if o.ExternalDocs != nil {
		result.Link = o.ExternalDocs.URL
	}
	if o.Security != nil {
		for _, requirement := range *o.Security {
			for _, scopes := range requirement {
				result.Scopes = append(result.Scopes, scopes...)
			}
		}
	}
	for _, p := range slices.Concat(item.Parameters, o.Parameters) {
		parameter := newProperty(p.Value.Name, p.Value.Schema, p.Value.Required)
		parameter.In, parameter.Description = p.Value.In, capitalize(p.Value.Description)
		result.Parameters = append(result.Parameters, parameter)
	}
	if o.RequestBody != nil {
		if body := o.RequestBody.Value.Content.Get("application/json"); body != nil {
			result.Request = schemaName(body.Schema)
		}
	}
	responses := o.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		result.Responses = append(result.Responses, newResponse(status, responses[status].Value))
	}
	return result
}

func newResponse(status string, from *openapi3.Response) response {
	result := response{Status: status}
	if from.Description != nil {
		result.Description = *from.Description
	}
	body := from.Content.Get("application/json")
	if body == nil {
		return result
	}
	result.Schema = schemaName(body.Schema)
	for _, name := range slices.Sorted(maps.Keys(body.Examples)) {
		one := body.Examples[name].Value
		text, err := json.MarshalIndent(one.Value, "", "  ")
		if err != nil {
			continue // values read from YAML always encode
		}
		result.Examples = append(result.Examples, example{name, one.Summary, string(text)})
	}
	return result
}

func newSchema(name string, s *openapi3.Schema) schema {
	result := schema{Name: name, Description: capitalize(s.Description)}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		result.Properties = append(result.Properties, newProperty(name, s.Properties[name], slices.Contains(s.Required, name)))
	}
	return result
}

func newProperty(name string, ref *openapi3.SchemaRef, required bool) property {
	return property{Name: name, Type: typeName(ref), Schema: schemaName(ref), Description: capitalize(ref.Value.Description), Required: required}
}

// typeName returns a description of a type, such as "list of string or null".
func typeName(ref *openapi3.SchemaRef) string {
	s := ref.Value
	name := "any"
	switch {
	case s.Type.Is("array"):
		name = "list of " + typeName(s.Items)
	case schemaName(ref) != "":
		name = schemaName(ref)
	case s.Type != nil:
		name = strings.Join(s.Type.Slice(), " or ")
	}
	if s.Format != "" {
		name += " (" + s.Format + ")"
	}
	if s.Nullable {
		name += " or null"
	}
	return name
}

// schemaName returns the name of the schema that a reference, or the element of a list, refers to.
func schemaName(ref *openapi3.SchemaRef) string {
	if ref == nil {
		return ""
	}
	if name, ok := strings.CutPrefix(ref.Ref, "#/components/schemas/"); ok {
		return name
	}
	if ref.Value != nil && ref.Value.Type.Is("array") {
		return schemaName(ref.Value.Items)
	}
	return ""
}

// capitalize returns a description with its first letter in upper case.
func capitalize(description string) string {
	description = strings.TrimSpace(description)
	if description == "" {
		return ""
	}
	return strings.ToUpper(description[:1]) + description[1:]
}

// paragraphs returns a description as HTML, with text in backquotes as code.
func paragraphs(text string) template.HTML {
	var page strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		page.WriteString("<p>")
		for i, part := range strings.Split(paragraph, "`") {
			part = template.HTMLEscapeString(part)
			if i%2 == 1 {
				part = "<code>" + part + "</code>"
			}
			page.WriteString(part)
		}
		page.WriteString("</p>")
	}
	return template.HTML(page.String()) //nolint:gosec // escaped above
}
