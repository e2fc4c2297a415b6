"""JSON for shoppers' programs (`store/`) and for staff's (`admin/`): a file per resource."""
