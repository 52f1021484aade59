package client

import (
	"context"
	"net/http"
	"net/url"
)

// Customer is a card in the register of customers. Lists tell number and address alone.
type Customer struct {
	CustomerNumber Text
	Email          Text
	Active         Bool
	VATType        Text
	CountryCode    Text
	Currency       Text
}

// NewCustomer has the fields of a card that the connector writes.
type NewCustomer struct {
	CustomerNumber     string `json:",omitempty"`
	Name               string
	Type               string
	VATType            string
	CountryCode        string
	Currency           string
	OrganisationNumber string `json:",omitempty"`
	Email              string `json:",omitempty"`
	Phone1             string `json:",omitempty"`
	Address1           string `json:",omitempty"`
	Address2           string `json:",omitempty"`
	ZipCode            string `json:",omitempty"`
	City               string `json:",omitempty"`
}

// CreateCustomer makes a card.
func (c *Client) CreateCustomer(ctx context.Context, body NewCustomer) (Customer, error) {
	var made Customer
	err := c.send(ctx, http.MethodPost, address(nil, "customers"), "Customer", body, &made)
	return made, err
}

// Customer reads one card.
func (c *Client) Customer(ctx context.Context, number string) (Customer, error) {
	var found Customer
	err := c.get(ctx, address(nil, "customers", number), "Customer", &found)
	return found, err
}

// Customers lists the active cards whose e-mail address contains a text; an empty one
// is in all of them.
func (c *Client) Customers(ctx context.Context, email string, w Window) (Page[Customer], error) {
	query := url.Values{"filter": {"active"}}
	if email != "" {
		query.Set("email", email)
	}
	return list[Customer](ctx, c, address(w.into(query), "customers"), "Customers")
}
