package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// columns are the CSV columns before the custom fields.
var columns = []struct {
	name string
	cell func(*client.Contact) string
}{
	{"id", func(c *client.Contact) string { return c.ID }},
	{"firstName", func(c *client.Contact) string { return originalCase(c.FirstNameRaw, c.FirstName) }},
	{"lastName", func(c *client.Contact) string { return originalCase(c.LastNameRaw, c.LastName) }},
	{"email", func(c *client.Contact) string { return c.Email }},
	{"phone", func(c *client.Contact) string { return c.Phone }},
	{"companyName", func(c *client.Contact) string { return c.CompanyName }},
	{"address1", func(c *client.Contact) string { return c.Address1 }},
	{"city", func(c *client.Contact) string { return c.City }},
	{"state", func(c *client.Contact) string { return c.State }},
	{"postalCode", func(c *client.Contact) string { return c.PostalCode }},
	{"country", func(c *client.Contact) string { return c.Country }},
	{"website", func(c *client.Contact) string { return c.Website }},
	{"timezone", func(c *client.Contact) string { return c.Timezone }},
	{"dateOfBirth", func(c *client.Contact) string { return string(c.DateOfBirth) }},
	{"type", func(c *client.Contact) string { return c.Type }},
	{"source", func(c *client.Contact) string { return c.Source }},
	{"assignedTo", func(c *client.Contact) string { return c.AssignedTo }},
	{"dnd", func(c *client.Contact) string { return strconv.FormatBool(c.DND) }},
	{"tags", func(c *client.Contact) string { return strings.Join(c.Tags, ",") }},
	{"dateAdded", func(c *client.Contact) string { return formatTime(c.DateAdded) }},
	{"dateUpdated", func(c *client.Contact) string { return formatTime(c.DateUpdated) }},
}

// originalCase returns the name in its original case. Lists have names in lower case.
func originalCase(raw, lower string) string {
	if raw != "" {
		return raw
	}
	return lower
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// encodeJSON returns one line for each contact, including unknown properties.
func encodeJSON(contacts []client.Contact) ([]byte, error) {
	var buffer bytes.Buffer
	for i := range contacts {
		line, err := json.Marshal(&contacts[i])
		if err != nil {
			return nil, err
		}
		buffer.Write(line)
		buffer.WriteByte('\n')
	}
	return buffer.Bytes(), nil
}

func encodeHeader(fields []string) []byte {
	var cells []string
	for _, column := range columns {
		cells = append(cells, column.name)
	}
	for _, id := range fields {
		cells = append(cells, "field:"+id)
	}
	data, _ := encodeRows([][]string{cells}) // writing to a buffer does not fail
	return data
}

func encodeCSV(contacts []client.Contact, fields []string) ([]byte, error) {
	var rows [][]string
	for i := range contacts {
		var cells []string
		for _, column := range columns {
			cells = append(cells, column.cell(&contacts[i]))
		}
		for _, id := range fields {
			value := client.CustomFieldByID(&contacts[i], id)
			text := value.Text()
			if text == "" && value.Kind() != client.FieldEmpty {
				text = string(value.Raw()) // files and objects
			}
			cells = append(cells, text)
		}
		rows = append(rows, cells)
	}
	return encodeRows(rows)
}

func encodeRows(rows [][]string) ([]byte, error) {
	var buffer bytes.Buffer
	writer := csv.NewWriter(&buffer)
	err := writer.WriteAll(rows)
	return buffer.Bytes(), err
}
