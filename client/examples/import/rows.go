package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode"

	"github.com/highlevel-contacts/contacts-go/client"
)

// setter sets a property of a request to the value of a cell.
type setter func(request *client.UpsertContactRequest, cell string)

// properties maps the names of properties to their setters. The names consist of lower-case letters
// and digits.
var properties = map[string]setter{
	"address1":    func(r *client.UpsertContactRequest, cell string) { r.Address1 = client.Set(cell) },
	"assignedto":  func(r *client.UpsertContactRequest, cell string) { r.AssignedTo = client.Set(cell) },
	"city":        func(r *client.UpsertContactRequest, cell string) { r.City = client.Set(cell) },
	"companyname": func(r *client.UpsertContactRequest, cell string) { r.CompanyName = client.Set(cell) },
	"country":     func(r *client.UpsertContactRequest, cell string) { r.Country = client.Set(cell) },
	"dateofbirth": func(r *client.UpsertContactRequest, cell string) { r.DateOfBirth = client.Set(cell) },
	"email":       func(r *client.UpsertContactRequest, cell string) { r.Email = client.Set(cell) },
	"firstname":   func(r *client.UpsertContactRequest, cell string) { r.FirstName = client.Set(cell) },
	"gender":      func(r *client.UpsertContactRequest, cell string) { r.Gender = client.Set(cell) },
	"lastname":    func(r *client.UpsertContactRequest, cell string) { r.LastName = client.Set(cell) },
	"name":        func(r *client.UpsertContactRequest, cell string) { r.Name = client.Set(cell) },
	"phone":       func(r *client.UpsertContactRequest, cell string) { r.Phone = client.Set(cell) },
	"postalcode":  func(r *client.UpsertContactRequest, cell string) { r.PostalCode = client.Set(cell) },
	"source":      func(r *client.UpsertContactRequest, cell string) { r.Source = client.Set(cell) },
	"state":       func(r *client.UpsertContactRequest, cell string) { r.State = client.Set(cell) },
	"tags":        setTags,
	"timezone":    func(r *client.UpsertContactRequest, cell string) { r.Timezone = client.Set(cell) },
	"website":     func(r *client.UpsertContactRequest, cell string) { r.Website = client.Set(cell) },
}

// aliases maps other names of columns to the names in properties.
var aliases = map[string]string{
	"address": "address1", "birthday": "dateofbirth", "company": "companyname", "emailaddress": "email", "fullname": "name",
	"mail": "email", "mobile": "phone", "phonenumber": "phone", "postcode": "postalcode", "region": "state", "street": "address1",
	"surname": "lastname", "tag": "tags", "telephone": "phone", "url": "website", "zip": "postalcode", "zipcode": "postalcode",
}

func setTags(r *client.UpsertContactRequest, cell string) {
	for tag := range strings.FieldsFuncSeq(cell, func(c rune) bool { return c == ',' || c == ';' }) {
		if tag = strings.TrimSpace(tag); tag != "" {
			r.Tags = append(r.Tags, tag)
		}
	}
}

// rows reads the rows of a CSV file.
type rows struct {
	reader    *csv.Reader
	setters   []setter // by column; nil if the column is not imported
	hasFields bool     // a column is a custom field
	err       error    // the reason why reading ended early
}

// newRows reads the first line, which names the columns. The value of the flag -map replaces some
// of the names.
func newRows(input io.Reader, mapping string) (*rows, error) {
	r := &rows{reader: csv.NewReader(input)}
	header, err := r.reader.Read()
	if err != nil {
		return nil, fmt.Errorf("read the first line of the file: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\uFEFF")
	mapped := map[string]string{}
	for pair := range strings.SplitSeq(mapping, ",") {
		if name, property, ok := strings.Cut(pair, "="); ok {
			mapped[strings.TrimSpace(name)] = strings.TrimSpace(property)
		} else if strings.TrimSpace(pair) != "" {
			return nil, fmt.Errorf("-map: %q: want COLUMN=PROPERTY", pair)
		}
	}
	for _, name := range header {
		property, ok := mapped[strings.TrimSpace(name)]
		if !ok {
			property = name
		}
		delete(mapped, strings.TrimSpace(name))
		set, err := r.setter(property)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", name, err)
		}
		r.setters = append(r.setters, set)
	}
	for name := range mapped {
		return nil, fmt.Errorf("-map: the file has no column %q", name)
	}
	return r, nil
}

// setter returns the setter of a property, or nil if its column is not imported.
func (r *rows) setter(property string) (setter, error) {
	property = strings.TrimSpace(property)
	if property == "-" {
		return nil, nil
	}
	if key, ok := strings.CutPrefix(property, "field:"); ok && key != "" {
		r.hasFields = true
		return func(request *client.UpsertContactRequest, cell string) {
			request.CustomFields = append(request.CustomFields, client.NewCustomFieldByKey(key, cell))
		}, nil
	}
	name := strings.Map(func(c rune) rune {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, property)
	if alias, ok := aliases[name]; ok {
		name = alias
	}
	if set, ok := properties[name]; ok {
		return set, nil
	}
	return nil, errors.New("unknown property: set one with -map 'COLUMN=city' or 'COLUMN=field:KEY', or ignore the column with 'COLUMN=-'")
}

// all yields the rows that can be imported with their line numbers, and adds the others to report.
func (r *rows) all(report *report) iter.Seq2[int, client.UpsertContactRequest] {
	return func(yield func(int, client.UpsertContactRequest) bool) {
		for {
			cells, err := r.reader.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil && !errors.Is(err, csv.ErrFieldCount) {
				r.err = err
				return
			}
			line, _ := r.reader.FieldPos(0)
			if err != nil {
				report.add(line, "failed", fmt.Sprintf("the row has %d columns, the first line has %d", len(cells), len(r.setters)))
				continue
			}
			request := r.request(cells)
			if request.Email == nil && request.Phone == nil {
				report.add(line, "failed", "the row has no email address and no phone number, so each import would create a contact")
				continue
			}
			if !yield(line, request) {
				return
			}
		}
	}
}

func (r *rows) request(cells []string) client.UpsertContactRequest {
	var request client.UpsertContactRequest
	for i, cell := range cells {
		if cell = strings.TrimSpace(cell); cell != "" && r.setters[i] != nil {
			r.setters[i](&request, cell)
		}
	}
	return request
}
