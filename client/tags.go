package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// AddTags adds tags to a contact and returns all tags that the contact has afterwards. The API
// stores tags in lower case. A tag that the contact already has is not an error.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/add-tags
func (s *ContactsService) AddTags(ctx context.Context, id string, tags []string, opts ...CallOption) ([]string, error) {
	if err := checkTags(addTags, id, tags); err != nil {
		return nil, err
	}
	req, err := gen.NewAddTagsRequest(s.client.config.baseURL, id, gen.TagsRequest{Tags: tags})
	result, err := send(ctx, s.client, addTags, req, err, func(r *gen.AddTagsResult) error { return hasTags(r.Tags) }, opts)
	if err != nil {
		return nil, err
	}
	return result.Tags, nil
}

// RemoveTags removes tags from a contact and returns the tags that the contact has afterwards. A tag
// that the contact does not have is not an error.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/remove-tags
func (s *ContactsService) RemoveTags(ctx context.Context, id string, tags []string, opts ...CallOption) ([]string, error) {
	if err := checkTags(removeTags, id, tags); err != nil {
		return nil, err
	}
	req, err := gen.NewRemoveTagsRequest(s.client.config.baseURL, id, gen.TagsRequest{Tags: tags})
	result, err := send(ctx, s.client, removeTags, req, err, func(r *gen.RemoveTagsResult) error { return hasTags(r.Tags) }, opts)
	if err != nil {
		return nil, err
	}
	return result.Tags, nil
}

// checkTags checks the arguments of AddTags and RemoveTags.
func checkTags(op operation, id string, tags []string) error {
	if err := checkID(op, "contact", id); err != nil {
		return err
	}
	if len(tags) == 0 {
		return invalid(op, "tags: empty")
	}
	for i, tag := range tags {
		if strings.TrimSpace(tag) == "" {
			return invalid(op, fmt.Sprintf("tag %d: empty", i))
		}
	}
	return checkText(op, tags)
}

// hasTags returns an error if a response has no list of tags.
func hasTags(tags []string) error {
	if tags == nil {
		return errors.New("the body has no list of tags")
	}
	return nil
}
