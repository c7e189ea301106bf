export const benchDelivery = async (_: unknown) => ({ sections: [], targets: [] });
